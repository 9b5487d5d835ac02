import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { compileProgram } from "./build.ts";
import { type Responder, startResponder } from "./servers.ts";
import type { Row } from "./table.ts";
import { type Command, findStopwatch, type Stopwatch } from "./timing.ts";

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
