#!/usr/bin/env bun
import { guardExitStatus, main } from "./src/cli.ts";

export type { Cache, CacheSettings } from "./src/cache/cache.ts";
export { openCache } from "./src/cache/open-cache.ts";
export { CacheError } from "./src/cache/store.ts";
export { check } from "./src/check.ts";
export type { CheckOptions } from "./src/check-options.ts";
export type { AddressLookup, Resolver } from "./src/dns.ts";
export {
  type ExchangeList,
  type ExchangeLookup,
  type ExchangeResolver,
  MxLookupError,
  resolveExchanges,
} from "./src/exchanges.ts";
export { nameServers } from "./src/name-servers.ts";
export type { ServerReport } from "./src/outcome.ts";
export { renderJson } from "./src/report/json.ts";
export { type NagiosReport, renderNagios } from "./src/report/nagios.ts";
export { renderTable, type TableOptions } from "./src/report/table.ts";
export type { Report } from "./src/run.ts";
export { StopHostError } from "./src/stop-hosts.ts";
export type { Target } from "./src/target.ts";
export { UsageError } from "./src/usage-error.ts";

if (import.meta.main) {
  guardExitStatus();
  process.exit(await main(Bun.argv.slice(2)));
}
