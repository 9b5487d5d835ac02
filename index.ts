#!/usr/bin/env bun
export type { Cache, CacheSettings } from "./src/cache/cache.ts";
export { openCache } from "./src/cache/open-cache.ts";
export { CacheError } from "./src/cache/store.ts";
export { check } from "./src/check/check.ts";
export type { AuthOptions, CheckOptions, TlsOptions, TranscriptLine } from "./src/check/options.ts";
export type { Report } from "./src/check/report.ts";
export { StopHostError } from "./src/check/stop-hosts.ts";
export {
  type ExchangeList,
  type ExchangeLookup,
  type ExchangeResolver,
  MxLookupError,
  resolveExchanges,
} from "./src/names/exchanges.ts";
export { nameServers } from "./src/names/name-servers.ts";
export type { AddressLookup, Resolver } from "./src/names/resolver.ts";
export type { ServerReport } from "./src/probe/outcome.ts";
export { parseCertLeft } from "./src/report/cert-left.ts";
export { renderJson } from "./src/report/json.ts";
export { parseMinimum } from "./src/report/minimum.ts";
export { type NagiosReport, renderNagios } from "./src/report/nagios.ts";
export type { Thresholds } from "./src/report/nagios-status.ts";
export { parseRange } from "./src/report/range.ts";
export { renderTable, type TableOptions } from "./src/report/table.ts";
export { UsageError } from "./src/text/errors.ts";
export type { Target } from "./src/text/target.ts";

if (import.meta.main) await import("./src/command/bin.ts");
