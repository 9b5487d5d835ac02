import { type Command, faultOf } from "./command.ts";
import { otherTools } from "./other-tools.ts";
import type { Goal, Row } from "./row.ts";
import { compare, sideBySide } from "./side-by-side.ts";
import type { Section } from "./workbench.ts";

const WHAT = "one server up, compiled binary, whole process";
const ROUNDS = 9;
const RUNS = 30;
const TOOL_ROUNDS = 5;
const TOOL_RUNS = 10;

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

/** One server up against other tools asked the same. */
export const otherToolRows: Section = async ({ stopwatch, oneServerUp, responder }) => {
  const rows: Row[] = [];
  for (const tool of otherTools(responder.port)) {
    const goal: Goal = tool.mustBeSlower ? { kind: "below", ratio: 1 } : { kind: "reported" };
    const row = { what: WHAT, against: tool.name, goal };
    if (tool.command === null) {
      rows.push({ ...row, result: { kind: "missing", lacks: tool.from } });
      continue;
    }
    const fault = await faultOf(tool.command);
    if (fault !== null) {
      rows.push({ ...row, result: { kind: "missing", lacks: `a working ${tool.from}` } });
      console.error(`bench: ${fault}`);
      continue;
    }
    const [ours, theirs] = await sideBySide(
      stopwatch,
      [
        { command: oneServerUp, runs: TOOL_RUNS },
        { command: tool.command, runs: tool.runs },
      ],
      TOOL_ROUNDS,
    );
    rows.push({ ...row, result: compare(ours, theirs) });
  }
  return rows;
};
