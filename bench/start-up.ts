import type { Row } from "./table.ts";
import { type Command, compare, sideBySide } from "./timing.ts";
import type { Section } from "./workbench.ts";

export const WHAT = "one server up, compiled binary, whole process";
const ROUNDS = 9;
const RUNS = 30;

/** A port of this machine at which nobody listens. */
const REFUSED = "127.0.0.1:1";

/** The ways of the command that do not wait, against an empty program: what they cost on top of starting a compiled Bun program. */
export const emptyProgramRows: Section = async ({
  stopwatch,
  oneServerUp,
  emptyProgram,
  responder,
  smtpdcheck,
}) => {
  const silently = { exitStatus: 0, prints: "" };
  const ways: readonly (readonly [what: string, command: Command, goal: number])[] = [
    [WHAT, oneServerUp, 1.5],
    ["the same with -v", smtpdcheck("-v", `127.0.0.1:${responder.port}`), 1.6],
    ["one server refuses, text", { ...smtpdcheck(REFUSED), ...silently }, 1.6],
    ["one server refuses, `--require any`", { ...smtpdcheck("--require", "any", REFUSED), prints: "" }, 1.6],
    ["a usage error", { ...smtpdcheck("--nope"), exitStatus: 2, prints: "" }, 1.6],
  ];
  const rows: Row[] = [];
  for (const [what, command, ratio] of ways) {
    const contenders = [
      { command, runs: RUNS },
      { command: emptyProgram, runs: RUNS },
    ] as const;
    const [ours, empty] = await sideBySide(stopwatch, contenders, ROUNDS);
    const goal = { kind: "at-most", ratio } as const;
    rows.push({ what, against: "an empty compiled Bun program", goal, result: compare(ours, empty) });
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
      against: "an empty compiled Bun program",
      goal: { kind: "at-most", ratio: 2.4 },
      result: compare(ours, empty),
    },
  ];
};

async function stderrOf(argv: readonly string[]): Promise<string> {
  const child = Bun.spawn([...argv], { stdio: ["ignore", "ignore", "pipe"] });
  return child.stderr.text();
}
