import { type LibraryClient, type Run, startLibrary, type Task } from "./clients.ts";
import { REFUSED_PORT, startBlackhole } from "./servers.ts";
import { median, medianRatio, type Row } from "./table.ts";
import type { Section } from "./workbench.ts";

const MANY = 200_000;
const FEW = 2_000;
/** So that collecting the garbage of the few is part of what they cost too. */
const RUNS_OF_FEW = 20;
const ROUNDS = 3;

const KEPT_BEFORE = 2_000;
const KEPT_AFTER = 50_000;

/** The process's first probes make its heap grow, whatever they are. */
const PENDING_BEFORE = 50;
/** With those before, less than the library's own limit on open connections. */
const PENDING = 200;

/** What a probe costs when there are many, against what it costs when there are few. */
export const cpuRows: Section = async ({ responder }) => {
  const refused = { until: "decided", port: REFUSED_PORT } as const;
  return [
    await cpuRow("200,000 servers that refuse, until settled: CPU a probe", { ...refused, until: "settled" }),
    await cpuRow("the same until decided", refused),
    await cpuRow("the same with one `--stop`", { ...refused, stop: ["127.0.0.1"] }),
    await cpuRow("the same with `--require all`, and all of them up, as one that refuses decides", {
      ...refused,
      port: responder.port,
      requirement: "all",
    }),
  ];
};

async function cpuRow(what: string, options: Task["options"]): Promise<Row> {
  const [many, few]: [number[], number[]] = [[], []];
  const library = await startLibrary(MANY);
  try {
    await microsecondsEach(library, FEW, RUNS_OF_FEW, options);
    for (let round = 0; round < ROUNDS; round++) {
      few.push(await microsecondsEach(library, FEW, RUNS_OF_FEW, options));
      many.push(await microsecondsEach(library, MANY, 1, options));
    }
  } finally {
    await library.stop();
  }
  return {
    what,
    against: "2,000 of them",
    goal: { kind: "at-most", figure: 1.2 },
    result: {
      kind: "measured",
      figure: medianRatio(many, few),
      runs: `${ROUNDS} × 1:${RUNS_OF_FEW}`,
      here: `${median(many).toFixed(1)} µs : ${median(few).toFixed(1)} µs`,
    },
  };
}

async function microsecondsEach(
  library: LibraryClient,
  servers: number,
  runs: number,
  options: Task["options"],
): Promise<number> {
  let cpuMs = 0;
  for (let run = 0; run < runs; run++) {
    const { settled, cpuMs: added } = await library.run({ kind: "probe", servers, options });
    if (settled !== servers) throw new Error(`Only ${settled} of ${servers} servers are settled`);
    cpuMs += added;
  }
  return (cpuMs * 1_000) / (servers * runs);
}

/** What a server costs that is settled and told of, and one that does not answer. */
export const memoryRows: Section = async () => {
  const blackhole = await startBlackhole();
  try {
    const refused = { until: "settled", port: REFUSED_PORT } as const;
    const silent = { until: "settled", port: blackhole.port } as const;
    return [
      {
        what: "a server that refused, in the report that is kept: memory",
        against: "2,000 of them kept, then 50,000",
        unit: "KiB",
        goal: { kind: "at-most", figure: 1.2 },
        result: await growth(
          { kind: "keep", servers: KEPT_BEFORE, options: refused },
          { kind: "keep", servers: KEPT_AFTER - KEPT_BEFORE, options: refused },
        ),
      },
      {
        what: "a probe of a server that swallows packets, pending: memory",
        against: "50 of them pending, then 200 more",
        unit: "KiB",
        goal: { kind: "reported" },
        result: await growth(
          { kind: "hold", servers: PENDING_BEFORE, options: silent },
          { kind: "hold", servers: PENDING, options: silent },
        ),
      },
    ];
  } finally {
    await blackhole.stop();
  }
};

/** How much resident memory each server of the second task adds. */
async function growth(first: Task, second: Task): Promise<Row["result"]> {
  const rounds: { readonly before: Run; readonly after: Run }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const library = await startLibrary(0);
    try {
      rounds.push({ before: await library.run(first), after: await library.run(second) });
    } finally {
      await library.stop();
    }
  }
  const mib = (side: "before" | "after") =>
    `${(median(rounds.map((round) => round[side].residentKib)) / 1_024).toFixed(0)} MiB`;
  return {
    kind: "measured",
    figure: median(
      rounds.map(({ before, after }) => (after.residentKib - before.residentKib) / second.servers),
    ),
    runs: `${ROUNDS} × 1`,
    here: `${mib("after")} : ${mib("before")}`,
  };
}
