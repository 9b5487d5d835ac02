import { copyFileSync, rmSync } from "node:fs";
import { type Command, faultOf } from "./command.ts";
import type { Measured } from "./row.ts";
import { median, medianRatio } from "./statistics.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** A command, and how often it runs in each round. */
export type Contender = { readonly command: Command; readonly runs: number };

/** The median milliseconds of one contender, round by round. */
export type Timing = { readonly contender: Contender; readonly mediansMs: readonly number[] };

/** Times contenders in turn, compiled ones as a fresh copy each round, round after round and in the opposite order every other round, so that whatever else the machine does meets them all. */
export async function sideBySide<const C extends readonly Contender[]>(
  stopwatch: Stopwatch,
  contenders: C,
  rounds: number,
): Promise<{ readonly [I in keyof C]: Timing }> {
  for (const { command } of contenders) {
    const fault = await faultOf(command);
    if (fault !== null) throw new Error(fault);
  }
  const lanes = contenders.map((contender) => ({ contender, mediansMs: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { contender, mediansMs } of round % 2 === 0 ? lanes : lanes.toReversed()) {
      mediansMs.push(median(await stopwatch.time(freshCopy(contender.command), contender.runs)));
    }
  }
  return lanes as { readonly [I in keyof C]: Timing };
}

function freshCopy(command: Command): Command {
  const [program, ...args] = command.argv;
  if (program === undefined || !command.isCompiled) return command;
  const copy = `${program}-copy`;
  rmSync(copy, { force: true });
  copyFileSync(program, copy);
  return { ...command, argv: [copy, ...args] };
}

/** How much longer one contender took than the other, as a result for the table. */
export function compare(ours: Timing, theirs: Timing): Measured {
  const rounds = ours.mediansMs.length;
  return {
    kind: "measured",
    ratio: medianRatio(ours.mediansMs, theirs.mediansMs),
    runs: `${rounds} × ${ours.contender.runs}:${theirs.contender.runs}`,
    here: `${milliseconds(ours)} : ${milliseconds(theirs)}`,
  };
}

/** A contender's median over all rounds, for people. */
export function milliseconds({ mediansMs }: Timing): string {
  return `${median(mediansMs).toFixed(1)} ms`;
}
