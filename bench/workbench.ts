import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import manifest from "../package.json" with { type: "json" };
import { type Listener, startBunResponder, startListener } from "./servers.ts";
import { type Command, findStopwatch, type Stopwatch } from "./stopwatch.ts";
import type { Row } from "./table.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** An SMTP server that greets at once, at every loopback address, in a process of its own. */
type Responder = Listener & { readonly kind: "C" | "Bun" };

/** What every section of the bench measures with. */
export type Workbench = {
  /** A folder that is removed at the end. */
  readonly scratch: string;
  readonly stopwatch: Stopwatch;
  readonly responder: Responder;
  /** The empty compiled Bun program. */
  readonly emptyProgram: Command;
  /** The compiled smtpdcheck, probing one server that is up. */
  readonly oneServerUp: Command;
  /** The compiled smtpdcheck with these arguments, where 127.0.0.1 is what is available. */
  smtpdcheck(...args: readonly string[]): Command;
};

/** Measures some rows of the table. */
export type Section = (workbench: Workbench) => Promise<readonly Row[]>;

/** Builds and starts what the bench needs, and takes it down after the work is done. */
export async function withWorkbench<T>(work: (workbench: Workbench) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(`${tmpdir()}/smtpdcheck-bench-`);
  process.once("exit", () => rmSync(scratch, { recursive: true }));
  process.on("SIGINT", () => process.exit(130));
  const compiled = await compileProgram("./src/command/bin.ts", `${scratch}/smtpdcheck`);
  await Bun.write(`${scratch}/empty.ts`, "");
  const empty = await compileProgram(`${scratch}/empty.ts`, `${scratch}/empty`);
  const responder = await startResponder(scratch);
  const smtpdcheck = (...args: readonly string[]) => ({
    argv: [compiled, ...args],
    exitStatus: 1,
    prints: "127.0.0.1\n",
    isCompiled: true as const,
  });
  try {
    return await work({
      scratch,
      stopwatch: findStopwatch(scratch),
      responder,
      emptyProgram: { argv: [empty], exitStatus: 0, isCompiled: true },
      oneServerUp: smtpdcheck(`127.0.0.1:${responder.port}`),
      smtpdcheck,
    });
  } finally {
    await responder.stop();
  }
}

/** The epoll server where there is a C compiler, else a slower one on Bun. */
async function startResponder(scratch: string): Promise<Responder> {
  const compiled = await compileC("epoll-server", scratch);
  if (compiled === null) return { ...(await startBunResponder()), kind: "Bun" };
  return { ...(await startListener([compiled])), kind: "C" };
}

/** Compiles an entry file to a program, with the very flags of package.json's `build` script. */
export async function compileProgram(entry: string, outfile: string): Promise<string> {
  await run([process.execPath, "build", entry, ...buildFlags(manifest.scripts.build), "--outfile", outfile]);
  return outfile;
}

/** Compiles a C file of this folder, or gives null when there is no C compiler. */
export async function compileC(name: string, scratch: string): Promise<string | null> {
  const compiler = Bun.which("cc");
  if (compiler === null) return null;
  const outfile = `${scratch}/${name}`;
  await run([compiler, "-O2", "-o", outfile, `${ROOT}bench/${name}.c`]);
  return outfile;
}

/** The flags of a `bun build ENTRY FLAGS --outfile FILE` command line, without the entry and the outfile. */
function buildFlags(script: string): readonly string[] {
  const [bun, build, ...words] = script.split(" ").filter((word) => word !== "");
  const outfileAt = words.indexOf("--outfile");
  if (bun !== "bun" || build !== "build" || outfileAt < 0) {
    throw new Error(`Cannot read "${script}" as a build: want bun build ENTRY FLAGS --outfile FILE`);
  }
  return words.filter((word, at) => word.startsWith("--") && at !== outfileAt);
}

async function run(argv: readonly string[]): Promise<void> {
  const child = Bun.spawn([...argv], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`Cannot build: ${argv.join(" ")}\n${errors}`);
}
