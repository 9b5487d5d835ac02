import { HEAD_START_MS } from "../src/check/head-start.ts";
import { REFUSED_PORT, startBlackhole } from "./servers.ts";
import { type Command, compare, milliseconds, sideBySide } from "./stopwatch.ts";
import { median, type Row } from "./table.ts";
import type { Section } from "./workbench.ts";

const EMPTY_PROGRAM = "an empty compiled Bun program";
const ROUNDS = 9;
const RUNS = 30;

/** The ways of the command that do not wait, against an empty program: what they cost on top of starting a compiled Bun program. */
export const emptyProgramRows: Section = async ({
  stopwatch,
  oneServerUp,
  emptyProgram,
  responder,
  smtpdcheck,
}) => {
  const refused = `127.0.0.1:${REFUSED_PORT}`;
  const silently = { exitStatus: 0, prints: "" };
  const ways: readonly (readonly [what: string, command: Command, goal: number])[] = [
    ["one server up, compiled binary, whole process", oneServerUp, 1.5],
    ["the same with -v", smtpdcheck("-v", `127.0.0.1:${responder.port}`), 1.6],
    ["one server refuses, text", { ...smtpdcheck(refused), ...silently }, 1.6],
    ["one server refuses, `--require any`", { ...smtpdcheck("--require", "any", refused), prints: "" }, 1.6],
    ["a usage error", { ...smtpdcheck("--nope"), exitStatus: 2, prints: "" }, 1.6],
  ];
  const rows: Row[] = [];
  for (const [what, command, figure] of ways) {
    const contenders = [
      { command, runs: RUNS },
      { command: emptyProgram, runs: RUNS },
    ] as const;
    const [ours, empty] = await sideBySide(stopwatch, contenders, ROUNDS);
    const goal = { kind: "at-most", figure } as const;
    rows.push({ what, against: EMPTY_PROGRAM, goal, result: compare(ours, empty) });
  }
  return rows;
};

/** Longer than any bench takes, so that nothing expires while it is measured. */
const KEEP_SECONDS = "3600";

/** An answer from a cache in SQLite, whole process: what opening the file and one query cost. */
export const cacheRows: Section = async ({ scratch, stopwatch, responder, emptyProgram, smtpdcheck }) => {
  const args = ["--cache", `${scratch}/cache.db`, "--cache-up", KEEP_SECONDS, `127.0.0.1:${responder.port}`];
  const hit = smtpdcheck(...args);
  await stderrOf(hit.argv);
  const told = await stderrOf([...hit.argv, "-v"]);
  if (!told.includes("cached")) throw new Error(`The answer did not come from the cache: ${told}`);
  const [ours, empty] = await sideBySide(
    stopwatch,
    [
      { command: hit, runs: RUNS },
      { command: emptyProgram, runs: RUNS },
    ],
    ROUNDS,
  );
  return [
    {
      what: "an answer from the cache in SQLite, compiled binary, whole process",
      against: EMPTY_PROGRAM,
      goal: { kind: "at-most", figure: 2.4 },
      result: compare(ours, empty),
    },
  ];
};

async function stderrOf(argv: readonly string[]): Promise<string> {
  const child = Bun.spawn([...argv], { stdio: ["ignore", "ignore", "pipe"] });
  return child.stderr.text();
}

const DEAD_SERVERS = 19;
const TIMEOUT_MS = 1_000;
/** What the list costs when its first is dead: the head start of that one, and a timeout of all others together. */
const DEAD_LIST_MS = TIMEOUT_MS + HEAD_START_MS;
const MANY_ROUNDS = 7;
const MANY_RUNS = 20;

/** Many dead servers in front of one that is up: in list order against one timeout, and with `--fastest` against one server up. */
export const manyServerRows: Section = async ({ stopwatch, oneServerUp, responder, smtpdcheck }) => {
  const blackhole = await startBlackhole();
  try {
    const dead = Array.from({ length: DEAD_SERVERS }, (_, i) => `127.2.0.${i + 1}:${blackhole.port}`);
    const servers = ["--timeout", `${TIMEOUT_MS / 1_000}`, ...dead, `127.0.0.1:${responder.port}`];
    const [inListOrder, fastest, oneServer] = await sideBySide(
      stopwatch,
      [
        { command: smtpdcheck(...servers), runs: 1 },
        { command: smtpdcheck("--fastest", ...servers), runs: MANY_RUNS },
        { command: oneServerUp, runs: MANY_RUNS },
      ],
      MANY_ROUNDS,
    );
    const ratio = median(inListOrder.mediansMs) / DEAD_LIST_MS;
    if (ratio < 1)
      throw new Error("The dead servers did not swallow packets: the answer came before the timeout");
    return [
      {
        what: "20 servers, 19 of which swallow packets, the last up, `--timeout 1`",
        against: "one timeout and the head start",
        goal: { kind: "at-most", figure: 1.15 },
        result: {
          kind: "measured",
          figure: ratio,
          runs: `${MANY_ROUNDS} × 1`,
          here: `${milliseconds(inListOrder)} : ${DEAD_LIST_MS} ms`,
        },
      },
      {
        what: "the same with `--fastest`",
        against: "one server up",
        goal: { kind: "at-most", figure: 1.5 },
        result: compare(fastest, oneServer),
      },
    ];
  } finally {
    await blackhole.stop();
  }
};
