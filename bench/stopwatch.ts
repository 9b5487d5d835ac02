import { type Command, statusFault } from "./command.ts";

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
