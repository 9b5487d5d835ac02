import { join, resolve } from "node:path";
import type { ProbeOutcome } from "../../src/probe/outcome.ts";

/** What a process that asked the cache told about the answer. */
interface Told {
  readonly outcome: ProbeOutcome;
  readonly isCached: boolean;
  readonly elapsedMs: number;
  readonly warnings: readonly string[];
}

/** A process that asks a cache about one server. */
export interface Asker {
  /** Settles when it begins to probe. */
  readonly probing: Promise<void>;
  /** Settles with what it told in the end, when it has ended. */
  readonly told: Promise<Told>;
  kill(): void;
}

/** Bundles the asking program into a folder, once for all processes, so that each of them starts fast. */
export async function bundleAsker(folder: string): Promise<string> {
  const entry = resolve(import.meta.dir, "cache-asker.ts");
  await Bun.build({ entrypoints: [entry], target: "bun", outdir: folder });
  return join(folder, "cache-asker.js");
}

/** Starts one; `under` is put before the command. */
export function startAsker(
  program: string,
  location: string,
  port: number,
  limitMs: number,
  under: readonly string[] = [],
): Asker {
  const child = Bun.spawn([...under, process.execPath, program, location, `${port}`, `${limitMs}`], {
    cwd: "/",
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const probing = Promise.withResolvers<void>();
  const told = Promise.withResolvers<Told>();
  void read(child.stdout, (line) => {
    if (line === "probing") probing.resolve();
    else child.exited.then(() => told.resolve(JSON.parse(line)));
  });
  return { probing: probing.promise, told: told.promise, kill: () => child.kill("SIGKILL") };
}

async function read(output: ReadableStream<Uint8Array>, tell: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const octets of output) {
    const lines = (rest + decoder.decode(octets, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) tell(line);
  }
}
