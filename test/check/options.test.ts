import { expect, test } from "bun:test";
import { type CheckOptions, validateOptions } from "../../src/check/options.ts";
import { UsageError } from "../../src/text/errors.ts";

const BAD: readonly (readonly [CheckOptions, string])[] = [
  [{ port: 0 }, 'Cannot read "0" as a port: want 1 to 65535'],
  [{ port: 2.5 }, 'Cannot read "2.5" as a port: want 1 to 65535'],
  [{ timeoutMs: -1 }, 'Cannot read "-1" as a timeout: want milliseconds from 0 to 2147483647, such as 2500'],
  [
    { timeoutMs: Number.NaN },
    'Cannot read "NaN" as a timeout: want milliseconds from 0 to 2147483647, such as 2500',
  ],
];

test.each(BAD)("validateOptions() throws a UsageError for %p", (options, message) => {
  expect(() => validateOptions(options)).toThrow(new UsageError(message));
});

test.each([
  {},
  { port: 1 },
  { port: 65_535 },
  { timeoutMs: 0 },
  { timeoutMs: 0.5 },
  { timeoutMs: 2_147_483_647 },
])("validateOptions() takes %p", (options) => {
  expect(validateOptions(options)).toBeUndefined();
});
