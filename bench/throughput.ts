import { loopbackAddresses, type Run, startLibrary } from "./clients.ts";
import { median, medianRatio, type Row } from "./table.ts";
import { compileC, type Section } from "./workbench.ts";

const SERVERS = 10_000;
/** The library's own limit on open connections. */
const CONCURRENCY = 256;
const WARM_UP_ROUNDS = 1;
const ROUNDS = 7;

/** Probes of many servers through the library: the rate as a share of what an epoll loop in C reaches, and the memory. */
export const throughputRows: Section = async ({ scratch, responder: { port } }) => {
  const compiled = await compileC("epoll-client", scratch);
  const library = await startLibrary(SERVERS);
  const task = {
    kind: "probe",
    servers: SERVERS,
    options: { until: "settled", timeoutMs: 10_000, port },
  } as const;
  const runs: Runs = { library: [], epoll: [] };
  try {
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      const libraryRun = complete(await library.run(task));
      const epollRun = compiled === null ? null : complete(await runEpollClient(compiled, port));
      if (round < 0) continue;
      runs.library.push(libraryRun);
      if (epollRun !== null) runs.epoll.push(epollRun);
    }
    return [rateRow(runs), memoryRow(library.idle, runs)];
  } finally {
    await library.stop();
  }
};

type EpollRun = Pick<Run, "greeted" | "elapsedMs">;
type Runs = { readonly library: Run[]; readonly epoll: EpollRun[] };

function complete<R extends EpollRun>(run: R): R {
  if (run.greeted !== SERVERS) throw new Error(`Only ${run.greeted} of ${SERVERS} servers greeted`);
  return run;
}

/** The epoll client takes its own time, which leaves its start out. */
async function runEpollClient(program: string, port: number): Promise<EpollRun> {
  const addresses = new Blob([loopbackAddresses(SERVERS).join("\n")]);
  const child = Bun.spawn([program, `${port}`, `${CONCURRENCY}`], { stdio: [addresses, "pipe", "inherit"] });
  const [greeted, elapsedMs] = (await child.stdout.text()).split(" ").map(Number);
  if (greeted === undefined || elapsedMs === undefined) {
    throw new Error("Cannot read what the epoll client printed");
  }
  return { greeted, elapsedMs };
}

function rateRow({ library, epoll }: Runs): Row {
  const rates = { library: library.map(perSecond), epoll: epoll.map(perSecond) };
  return {
    what: "10,000 probes through the library on loopback with QUIT: rate",
    against: "an epoll loop in C",
    goal: { kind: "at-least", figure: 0.75 },
    result:
      epoll.length === 0
        ? { kind: "missing", lacks: "cc" }
        : {
            kind: "measured",
            figure: medianRatio(rates.library, rates.epoll),
            runs: `${ROUNDS} × 1:1`,
            here: `${median(rates.library).toFixed(0)} : ${median(rates.epoll).toFixed(0)} a second`,
          },
  };
}

function memoryRow(idle: Run, { library }: Runs): Row {
  const peakMib = Math.max(...library.map((run) => run.peakMemoryKib)) / 1_024;
  const idleMib = idle.peakMemoryKib / 1_024;
  return {
    what: "the same: peak memory",
    against: "the process before its first probe",
    goal: { kind: "reported" },
    result: {
      kind: "measured",
      figure: peakMib / idleMib,
      runs: `1, after ${WARM_UP_ROUNDS + ROUNDS} × 10,000 probes`,
      here: `${peakMib.toFixed(0)} MiB : ${idleMib.toFixed(0)} MiB`,
    },
  };
}

function perSecond({ elapsedMs }: EpollRun): number {
  return SERVERS / (elapsedMs / 1_000);
}
