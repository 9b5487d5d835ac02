import { Cache } from "../../src/cache/cache.ts";
import { parseLocation } from "../../src/cache/location.ts";
import { openStore } from "../../src/cache/open-cache.ts";
import { check } from "../../src/check/check.ts";

/** A process that asks one cache one question, and tells the answer and its warnings on one line. */
const [location = "", port = "", limitMs = ""] = process.argv.slice(2);
const warnings: string[] = [];
const cache = new Cache((warn) => openStore(parseLocation(location), warn), {
  warn: (message) => void warnings.push(message),
});
const { signal } = new AbortController();
const startedAtMs = performance.now();
const { outcome, cachedAtMs } = await cache.answer({
  question: { host: "127.0.0.1", port: Number(port), family: null },
  limitMs: Number(limitMs),
  signal,
  async probe() {
    console.log("probing");
    const { servers } = await check(`127.0.0.1:${port}`, { timeoutMs: Number(limitMs), until: "settled" });
    const [report] = servers;
    if (report === undefined) throw new Error("A settled check has a report");
    return report;
  },
});
const elapsedMs = performance.now() - startedAtMs;
console.log(JSON.stringify({ outcome, isCached: cachedAtMs !== null, elapsedMs, warnings }));
process.exit(0);
