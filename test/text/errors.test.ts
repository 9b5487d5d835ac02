import { expect, test } from "bun:test";
import { cannotRead, codeOf, UsageError } from "../../src/text/errors.ts";

test("cannotRead() quotes the value, and says what it was read as and what would be right", () => {
  const error = cannotRead("10x", "a timeout", "seconds, such as 2.5");
  expect(error).toBeInstanceOf(UsageError);
  expect(error.name).toBe("UsageError");
  expect(error.message).toBe('Cannot read "10x" as a timeout: want seconds, such as 2.5');
});

test.each([
  ["cleans", "\x1b[2J\nx", '"\\x1b[2J\\nx"'],
  ["keeps 80 characters of", "x".repeat(80), `"${"x".repeat(80)}"`],
  ["shortens", "x".repeat(81), `"${"x".repeat(80)}…"`],
])("cannotRead() %s the value", (_, value, shown) => {
  expect(cannotRead(value, "a port", "1 to 65535").message).toBe(
    `Cannot read ${shown} as a port: want 1 to 65535`,
  );
});

test("cannotRead() says what is wrong where it is told, as clean text", () => {
  expect(cannotRead("65536", "a port", "1 to 65535", "too \n large").message).toBe(
    'Cannot read "65536" as a port: too \\n large, want 1 to 65535',
  );
});

test("cannotRead() does not cut a character in two", () => {
  const { message } = cannotRead(`${"x".repeat(79)}👍👍`, "a port", "1 to 65535");
  expect(message).not.toContain("\\u{d83d}");
});

test("codeOf() is the code of an error that has one", () => {
  expect(codeOf(Object.assign(new Error(), { code: "ENOSPC" }))).toBe("ENOSPC");
  for (const other of [new Error("ENOSPC"), Object.assign(new Error(), { code: 5 }), "ENOSPC", null]) {
    expect(codeOf(other)).toBeUndefined();
  }
});
