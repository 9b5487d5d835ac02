import { faultOf } from "./command.ts";
import { otherTools } from "./other-tools.ts";
import type { Goal, Row } from "./row.ts";
import { compare, sideBySide } from "./side-by-side.ts";
import type { Section } from "./workbench.ts";

const WHAT = "one server up, compiled binary, whole process";
const ROUNDS = 9;
const RUNS = 30;
const TOOL_ROUNDS = 5;
const TOOL_RUNS = 10;

/** One server up against an empty program: what the probing costs on top of starting a compiled Bun program. */
export const emptyProgramRows: Section = async ({ stopwatch, oneServerUp, emptyProgram }) => {
  const [ours, empty] = await sideBySide(
    stopwatch,
    [
      { command: oneServerUp, runs: RUNS },
      { command: emptyProgram, runs: RUNS },
    ],
    ROUNDS,
  );
  return [
    {
      what: WHAT,
      against: "an empty compiled Bun program",
      goal: { kind: "at-most", ratio: 1.8 },
      result: compare(ours, empty),
    },
  ];
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
