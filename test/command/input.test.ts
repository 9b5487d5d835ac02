import { expect, test } from "bun:test";
import { join } from "node:path";
import { InputError, readInput } from "../../src/command/input.ts";
import { makeFolder } from "../cache/sqlite/fixtures.ts";

test("readInput() reads a file whole, and no more than is allowed", async () => {
  using folder = makeFolder();
  const path = join(folder.path, "secret");
  await Bun.write(path, "pässword\n");
  expect(await readInput(path, "the password", 100)).toBe("pässword\n");
  expect(readInput(path, "the password", 4)).rejects.toThrow(
    new InputError(`Cannot read the password from ${path}: it is too large`),
  );
});

test("readInput() gives up on an input without an end", () => {
  expect(readInput("/dev/zero", "the password", 1_000)).rejects.toThrow("it is too large");
});

test("readInput() says what is wrong in one line", () => {
  expect(readInput("/nowhere/\u001b[31m", "the password", 9)).rejects.toThrow(
    /^Cannot read the password from \/nowhere\/\\x1b\[31m: [^\n]+$/,
  );
});
