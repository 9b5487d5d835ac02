#!/usr/bin/env bun
export { check } from "./src/check.ts";
export type { CheckOptions } from "./src/check-options.ts";
export type { Resolver } from "./src/dns.ts";
export type { ServerReport } from "./src/outcome.ts";
export type { Report } from "./src/run.ts";
export { StopHostError } from "./src/stop-hosts.ts";
export { UsageError } from "./src/usage-error.ts";

if (import.meta.main) {
  const { guardExitStatus, main } = await import("./src/cli.ts");
  guardExitStatus();
  process.exit(await main(Bun.argv.slice(2)));
}
