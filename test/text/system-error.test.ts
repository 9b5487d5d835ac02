import { expect, test } from "bun:test";
import { explainSystemError } from "../../src/text/system-error.ts";

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

test.each<[unknown, string]>([
  [failure("EPIPE", "EPIPE: broken pipe, write"), "broken pipe"],
  [failure("ENOENT", "ENOENT: no such file or directory, open"), "no such file"],
  [failure("EIO", "EIO: i/o error, read"), "EIO: i/o error, read"],
  [failure("EODD", "it failed"), "it failed (EODD)"],
  [new Error("it failed"), "it failed"],
  ["it failed", "it failed"],
])("explainSystemError() of %p", (error, words) => {
  expect(explainSystemError(error)).toBe(words);
});
