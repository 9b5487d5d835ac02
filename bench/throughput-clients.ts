import { loopbackAddresses } from "./loopback-addresses.ts";
import type { ThroughputRun } from "./throughput-run.ts";

/** Probes the same servers once for each call of `run`. */
export type ThroughputClient = { run(): Promise<ThroughputRun>; stop(): Promise<void> };

/** The library in a process of its own, kept running between runs; `idle` is that process before it probes. */
export async function startLibraryClient(
  port: number,
  servers: number,
): Promise<ThroughputClient & { readonly idle: ThroughputRun }> {
  const script = new URL("./library-client.ts", import.meta.url).pathname;
  const child = Bun.spawn([process.execPath, script, `${port}`, `${servers}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = readLines(child.stdout);
  const nextRun = async (): Promise<ThroughputRun> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("The library's process ended before its runs were over");
    return JSON.parse(value);
  };
  return {
    idle: await nextRun(),
    async run() {
      child.stdin.write("\n");
      child.stdin.flush();
      return nextRun();
    },
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}

/** The compiled epoll client, started anew for each run; it takes its own time, which leaves its start out. */
export function epollClient(
  program: string,
  port: number,
  servers: number,
  concurrency: number,
): ThroughputClient {
  const addresses = new Blob([loopbackAddresses(servers).join("\n")]);
  return {
    async run() {
      const child = Bun.spawn([program, `${port}`, `${concurrency}`], {
        stdio: [addresses, "pipe", "inherit"],
      });
      const [greeted, elapsedMs, peakMemoryKib] = (await child.stdout.text()).split(" ").map(Number);
      if (greeted === undefined || elapsedMs === undefined || peakMemoryKib === undefined) {
        throw new Error("Cannot read what the epoll client printed");
      }
      return { greeted, elapsedMs, peakMemoryKib };
    },
    async stop() {},
  };
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  return undefined;
}
