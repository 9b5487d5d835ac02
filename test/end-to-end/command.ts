import { mkdir, rename } from "node:fs/promises";
import { join, resolve } from "node:path";

/** One way to start the program. */
export interface Command {
  readonly name: string;
  readonly argv: readonly string[];
}

/** What came of running the program; the outputs are known to be UTF-8. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Circumstances of a run. */
export interface RunOptions {
  /** Words put before the command, such as `prlimit --nofile=5`. */
  readonly under?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
}

const { PATH, HOME, SMTPDCHECK_BINARY } = process.env;

/** The few variables every run gets. */
export const bareEnvironment = { PATH, HOME };

/** The folder of the project. */
export const projectFolder = resolve(import.meta.dir, "../..");

const fromSource: Command = {
  name: "from source",
  argv: [process.execPath, join(projectFolder, "index.ts")],
};

/** The program as a compiled binary: the one that SMTPDCHECK_BINARY names, else one built here. */
export const compiled: Command = {
  name: "compiled",
  argv: [SMTPDCHECK_BINARY ? resolve(SMTPDCHECK_BINARY) : await build()],
};

/** Longest a test may take on a busy machine, in milliseconds; the program is killed before that. */
export const PATIENCE_MS = 30_000;

/** Every way to start the program; each end-to-end test runs for all of them. */
export const commands: readonly Command[] = [fromSource, compiled];

/** Runs the program to its end, in a bare environment. */
export async function run(command: Command, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = Bun.spawn([...(options.under ?? []), ...command.argv, ...args], {
    cwd: options.cwd ?? projectFolder,
    env: { ...bareEnvironment, ...options.env },
    stdin: options.stdin === undefined ? "ignore" : Buffer.from(options.stdin),
    stdout: "pipe",
    stderr: "pipe",
    timeout: PATIENCE_MS / 2,
    killSignal: "SIGKILL",
  });
  const [status, stdout, stderr] = await Promise.all([child.exited, text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr };
}

/** The words for `under` that run the program inside this shell line, where the program is `"$@"`. */
export function inShell(line: string): readonly string[] {
  return ["sh", "-c", line, "sh"];
}

/** Text with every measured time written as `N ms`. */
export function withoutTimes(output: string): string {
  return output.replace(/\d+\.\d ms/g, "N ms");
}

async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true }).decode(await Bun.readableStreamToBytes(stream));
}

/** Builds as the `build` script does, but for the place; the rename lets two test runs build side by side. */
async function build(): Promise<string> {
  const { scripts } = await Bun.file(join(projectFolder, "package.json")).json();
  const [, ...args] = String(scripts.build).split(" ");
  const folder = join(projectFolder, "dist/end-to-end");
  const binary = join(folder, "smtpdcheck");
  const outfile = `${binary}-${process.pid}`;
  args[args.indexOf("--outfile") + 1] = outfile;
  await mkdir(folder, { recursive: true });
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: projectFolder,
    stdout: "ignore",
    stderr: "pipe",
  });
  if ((await child.exited) !== 0) throw new Error(`Cannot build the binary: ${await text(child.stderr)}`);
  await rename(outfile, binary);
  return binary;
}
