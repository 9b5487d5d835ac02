import { expect, test } from "bun:test";
import { subCommandOf } from "../../src/command/sub-command.ts";

test("subCommandOf() is told by the very first word alone", () => {
  expect(subCommandOf(["doctor", "--postfix"])).toBe("doctor");
  for (const argv of [
    [],
    ["doctor."],
    ["0:doctor"],
    ["--", "doctor"],
    ["-v", "doctor"],
    ["a.test", "doctor"],
  ]) {
    expect(subCommandOf(argv)).toBeUndefined();
  }
});
