import { compileC } from "./build.ts";
import { loopbackAddresses } from "./servers.ts";
import { median, medianRatio, type Row } from "./table.ts";
import type { Section } from "./workbench.ts";

/** What one client made of probing every server once. */
export type ThroughputRun = {
  readonly greeted: number;
  readonly elapsedMs: number;
  /** The most memory the client's process has held resident so far. */
  readonly peakMemoryKib: number;
};

const SERVERS = 10_000;
/** The library's own limit on open connections. */
const CONCURRENCY = 256;
const ROUNDS = 7;

/** Probes of many servers through the library: the rate as a share of what an epoll loop in C reaches, and the memory. */
export const throughputRows: Section = async ({ scratch, responder }) => {
  const compiled = await compileC("epoll-client", scratch);
  const epoll = compiled === null ? null : epollClient(compiled, responder.port, SERVERS, CONCURRENCY);
  const library = await startLibraryClient(responder.port, SERVERS);
  try {
    const runs = await alternate(library, epoll);
    return [rateRow(runs), memoryRow(library.idle, runs)];
  } finally {
    await library.stop();
  }
};

type Runs = { readonly library: readonly ThroughputRun[]; readonly epoll: readonly ThroughputRun[] };

/** Runs the clients in turn, once to warm up and then round after round. */
async function alternate(library: ThroughputClient, epoll: ThroughputClient | null): Promise<Runs> {
  const runs = { library: [] as ThroughputRun[], epoll: [] as ThroughputRun[] };
  for (let round = -1; round < ROUNDS; round++) {
    const libraryRun = await complete(library);
    const epollRun = epoll === null ? null : await complete(epoll);
    if (round < 0) continue;
    runs.library.push(libraryRun);
    if (epollRun !== null) runs.epoll.push(epollRun);
  }
  return runs;
}

async function complete(client: ThroughputClient): Promise<ThroughputRun> {
  const run = await client.run();
  if (run.greeted !== SERVERS) throw new Error(`Only ${run.greeted} of ${SERVERS} servers greeted`);
  return run;
}

function rateRow({ library, epoll }: Runs): Row {
  const rates = { library: library.map(perSecond), epoll: epoll.map(perSecond) };
  return {
    what: "10,000 probes through the library on loopback with QUIT: rate",
    against: "an epoll loop in C",
    goal: { kind: "at-least", ratio: 0.75 },
    result:
      epoll.length === 0
        ? { kind: "missing", lacks: "cc" }
        : {
            kind: "measured",
            ratio: medianRatio(rates.library, rates.epoll),
            runs: `${ROUNDS} × 1:1`,
            here: `${median(rates.library).toFixed(0)} : ${median(rates.epoll).toFixed(0)} a second`,
          },
  };
}

function memoryRow(idle: ThroughputRun, { library }: Runs): Row {
  const peakMib = Math.max(...library.map((run) => run.peakMemoryKib)) / 1_024;
  const idleMib = idle.peakMemoryKib / 1_024;
  return {
    what: "the same: peak memory",
    against: "the process before its first probe",
    goal: { kind: "reported" },
    result: {
      kind: "measured",
      ratio: peakMib / idleMib,
      runs: `1, after ${ROUNDS + 1} × 10,000 probes`,
      here: `${peakMib.toFixed(0)} MiB : ${idleMib.toFixed(0)} MiB`,
    },
  };
}

function perSecond({ elapsedMs }: ThroughputRun): number {
  return SERVERS / (elapsedMs / 1_000);
}

/** Probes the same servers once for each call of `run`. */
type ThroughputClient = { run(): Promise<ThroughputRun>; stop(): Promise<void> };

/** The library in a process of its own, kept running between runs; `idle` is that process before it probes. */
async function startLibraryClient(
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
function epollClient(program: string, port: number, servers: number, concurrency: number): ThroughputClient {
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
