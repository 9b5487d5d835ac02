import { compare, sideBySide } from "./side-by-side.ts";
import type { Section } from "./workbench.ts";

const ROUNDS = 9;
const RUNS = 30;
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
