import { copyFileSync, rmSync } from "node:fs";
import { type Measured, median, medianRatio } from "./table.ts";

/** A command to time, and what shows that it did its job. */
export type Command = {
  readonly argv: readonly string[];
  readonly exitStatus: number;
  /** All of its standard output, where that matters. */
  readonly prints?: string;
  /** Compiled by Bun: how such a file happens to lie in the page cache moves its start by up to 28 %. */
  readonly isCompiled?: true;
};

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
    figure: medianRatio(ours.mediansMs, theirs.mediansMs),
    runs: `${rounds} × ${ours.contender.runs}:${theirs.contender.runs}`,
    here: `${milliseconds(ours)} : ${milliseconds(theirs)}`,
  };
}

/** A contender's median over all rounds, for people. */
export function milliseconds({ mediansMs }: Timing): string {
  return `${median(mediansMs).toFixed(1)} ms`;
}

/** Runs a command once, and gives what is wrong with what came of it, or null. */
export async function faultOf(command: Command): Promise<string | null> {
  const child = Bun.spawn([...command.argv], { stdio: ["ignore", "pipe", "pipe"] });
  const [printed, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const fault = statusFault(command, await child.exited);
  if (fault !== null) return `${fault}\n${errors}`;
  if (command.prints === undefined || command.prints === printed) return null;
  return `expected ${JSON.stringify(command.prints)}, got ${JSON.stringify(printed)}, from: ${command.argv.join(" ")}`;
}

function statusFault({ argv, exitStatus }: Command, status: number | null): string | null {
  if (status === exitStatus) return null;
  return `expected exit status ${exitStatus}, got ${status}, from: ${argv.join(" ")}`;
}

/** Times whole processes, from start to exit. */
export type Stopwatch = {
  readonly name: string;
  /** Runs a command several times in a row, and gives the milliseconds of each run. */
  time(command: Command, runs: number): Promise<readonly number[]>;
};

/** hyperfine where it is installed, else a loop of our own, which adds its own start-up cost to both sides. */
export function findStopwatch(scratch: string): Stopwatch {
  const hyperfine = Bun.which("hyperfine");
  return hyperfine === null ? ownLoop : hyperfineStopwatch(hyperfine, `${scratch}/hyperfine.json`);
}

const WARM_UP_RUNS = 2;

const ownLoop: Stopwatch = {
  name: "a loop of the bench's own",
  async time(command, runs) {
    const times: number[] = [];
    for (let run = -warmUpRuns(runs); run < runs; run++) {
      const start = performance.now();
      const { exitCode } = Bun.spawnSync([...command.argv], { stdio: ["ignore", "ignore", "ignore"] });
      const elapsedMs = performance.now() - start;
      expectStatus(command, exitCode);
      if (run >= 0) times.push(elapsedMs);
    }
    return times;
  },
};

function hyperfineStopwatch(hyperfine: string, exportFile: string): Stopwatch {
  return {
    name: "hyperfine",
    async time(command, runs) {
      const options = ["-N", "-i", "--style", "none", "--export-json", exportFile];
      const counts = ["--runs", `${runs}`, "--warmup", `${warmUpRuns(runs)}`];
      const child = Bun.spawn([hyperfine, ...options, ...counts, command.argv.map(quote).join(" ")], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      const errors = await new Response(child.stderr).text();
      if ((await child.exited) !== 0) throw new Error(`hyperfine failed: ${errors}`);
      const { times, exit_codes } = await readExport(exportFile);
      for (const status of exit_codes) expectStatus(command, status);
      return times.map((seconds) => seconds * 1_000);
    },
  };
}

type HyperfineResult = { readonly times: readonly number[]; readonly exit_codes: readonly (number | null)[] };

async function readExport(file: string): Promise<HyperfineResult> {
  const { results }: { results: HyperfineResult[] } = await Bun.file(file).json();
  const [result] = results;
  if (result === undefined) throw new Error("hyperfine exported no result");
  return result;
}

function expectStatus(command: Command, status: number | null): void {
  const fault = statusFault(command, status);
  if (fault !== null) throw new Error(fault);
}

function warmUpRuns(runs: number): number {
  return runs > WARM_UP_RUNS ? WARM_UP_RUNS : 0;
}

function quote(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
