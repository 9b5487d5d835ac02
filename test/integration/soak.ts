import { readdirSync } from "node:fs";
import { check } from "../../index.ts";

/**
 * Probes a hundred addresses that swallow packets and one server that greets, every so often for so long, in one
 * process that lives on; prints what it holds a while after the beginning and at the end, as JSON. Run it in a network
 * of its own: soak.ts SECONDS SECONDS_BETWEEN
 */
const [seconds = 0, between = 0] = Bun.argv.slice(2).map(Number);

const greeter = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: { open: (socket) => void socket.write("220 mx.test\r\n"), data: (socket) => void socket.end() },
});
const servers = Array.from({ length: 100 }, (_, index) => `198.51.100.${index + 1}:25`);
const outcomes = new Map<string, number>();
const samples: { atS: number; descriptors: number; rssMiB: number }[] = [];
const startedAtMs = performance.now();

for (let round = 0; ; round += 1) {
  const dueAtMs = startedAtMs + round * between * 1_000;
  await Bun.sleep(Math.max(0, dueAtMs - performance.now()));
  if (performance.now() - startedAtMs > seconds * 1_000) break;
  const { servers: reports } = await check([...servers, `127.0.0.1:${greeter.port}`], {
    until: "settled",
    timeoutMs: between * 500,
  });
  for (const { outcome } of reports) outcomes.set(outcome.kind, (outcomes.get(outcome.kind) ?? 0) + 1);
  samples.push({
    atS: Math.round((performance.now() - startedAtMs) / 1_000),
    descriptors: readdirSync("/proc/self/fd").length,
    rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
  });
}
greeter.stop(true);
const tenth = Math.ceil(samples.length / 10);
console.log(
  JSON.stringify({
    outcomes: Object.fromEntries(outcomes),
    samples: samples.filter((_, index) => index % tenth === 0 || index === samples.length - 1),
  }),
);
