import { compileC } from "./build.ts";
import type { Row } from "./row.ts";
import { median, medianRatio } from "./statistics.ts";
import { epollClient, startLibraryClient, type ThroughputClient } from "./throughput-clients.ts";
import type { ThroughputRun } from "./throughput-run.ts";
import type { Section } from "./workbench.ts";

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
