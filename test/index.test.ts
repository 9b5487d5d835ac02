import { expect, test } from "bun:test";
import * as library from "../index.ts";
import { openCache } from "../src/cache/open-cache.ts";
import { CacheError } from "../src/cache/store.ts";
import { check } from "../src/check/check.ts";
import { StopHostError } from "../src/check/stop-hosts.ts";
import { MxLookupError, resolveExchanges } from "../src/names/exchanges.ts";
import { nameServers } from "../src/names/name-servers.ts";
import { parseCertLeft } from "../src/report/cert-left.ts";
import { renderJson } from "../src/report/json.ts";
import { parseMinimum } from "../src/report/minimum.ts";
import { renderNagios } from "../src/report/nagios.ts";
import { parseRange } from "../src/report/range.ts";
import { renderTable } from "../src/report/table.ts";
import { UsageError } from "../src/text/errors.ts";

test("index.ts exports check(), what it can be given, what its report can be made into, and the errors", () => {
  const given = { nameServers, openCache, resolveExchanges };
  const renderers = { renderJson, renderNagios, renderTable };
  const errors = { CacheError, MxLookupError, StopHostError, UsageError };
  const thresholds = { parseCertLeft, parseMinimum, parseRange };
  expect<object>({ ...library }).toEqual({ check, ...given, ...renderers, ...thresholds, ...errors });
});

test("index.ts does not run the command when it is imported", () => {
  expect(process.listeners("uncaughtException").some((handler) => `${handler}`.includes("EXIT_ERROR"))).toBe(
    false,
  );
});
