import { check } from "../index.ts";
import type { CheckOptions } from "../src/check/options.ts";
import type { Growth } from "./growth.ts";

/** Asks about COUNT servers that refuse, in one of the ways of growth.ts: growth-client.ts WAY COUNT PORT */
const [way = "settled", count = "0"] = process.argv.slice(2);
const OPTIONS: Readonly<Record<string, CheckOptions>> = {
  settled: { until: "settled" },
  decided: {},
  stop: { stop: ["127.255.0.1"] },
  all: { requirement: "all", until: "settled" },
};
const servers = Array.from(
  { length: Number(count) },
  (_, at) =>
    `${at % 50}:127.${2 + Math.floor(at / 62_500)}.${Math.floor(at / 250) % 250}.${1 + (at % 250)}:1`,
);
await check(servers.slice(0, 500), OPTIONS[way]);
Bun.gc(true);
const [beforeKib, cpu] = [process.memoryUsage.rss() / 1_024, process.cpuUsage()];
const report = await check(servers, OPTIONS[way]);
const { user, system } = process.cpuUsage(cpu);
Bun.gc(true);
const keptKib = (process.memoryUsage.rss() / 1_024 - beforeKib) / report.servers.length;
const growth: Growth = { cpuUs: (user + system) / servers.length, keptKib };
console.log(JSON.stringify(growth));
