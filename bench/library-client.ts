import { check } from "../index.ts";
import { loopbackAddresses } from "./servers.ts";
import type { ThroughputRun } from "./throughput.ts";

/** Probes COUNT loopback addresses at PORT through the library, once for each line on standard input. */
const [port, count] = process.argv.slice(2).map(Number);
const servers = loopbackAddresses(count ?? 0);
const options = { until: "settled", timeoutMs: 10_000, port: port ?? 25 } as const;

console.log(JSON.stringify({ greeted: 0, elapsedMs: 0, peakMemoryKib: await peakMemoryKib() }));
for await (const _ of console) {
  const start = performance.now();
  const report = await check(servers, options);
  const elapsedMs = performance.now() - start;
  const greeted = report.servers.filter(({ outcome }) => outcome.kind === "greeted").length;
  const run: ThroughputRun = { greeted, elapsedMs, peakMemoryKib: await peakMemoryKib() };
  console.log(JSON.stringify(run));
}

/** The kernel's high-water mark of this program: unlike getrusage's, it does not begin with the parent's size. */
async function peakMemoryKib(): Promise<number> {
  const status = await Bun.file("/proc/self/status").text();
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]);
}
