import { expect, test } from "bun:test";
import { CacheError } from "../../src/cache/store.ts";
import { StopHostError } from "../../src/check/stop-hosts.ts";
import { renderFailure } from "../../src/command/failure.ts";
import { InputError } from "../../src/command/input.ts";
import { MxLookupError } from "../../src/names/exchanges.ts";
import { UsageError } from "../../src/text/errors.ts";

test.each([
  ["usage", new UsageError("it failed"), "it failed"],
  ["lookup", new StopHostError("it failed"), "it failed"],
  ["lookup", new MxLookupError("it failed"), "it failed"],
  ["input", new InputError("it failed"), "it failed"],
  ["cache", new CacheError("it failed"), "it failed"],
  ["internal", new TypeError("it failed"), "TypeError: it failed"],
  ["internal", "it failed", "it failed"],
])("renderFailure() says %s", (kind, error, message) => {
  expect(JSON.parse(renderFailure(error))).toEqual({ version: 1, error: { kind, message } });
});
