import { readdir, readFile } from "node:fs/promises";
import { compiled, type RunOptions, run } from "../end-to-end/command.ts";

/** What the JSON report says of one server, in part. */
export interface Row {
  readonly address: string | null;
  readonly status: string;
  readonly stage: string | null;
  readonly reason: string;
  readonly code: number | null;
  readonly enhancedCode: string | null;
  readonly reply: string | null;
  readonly cause: string | null;
  readonly hello: string | null;
  readonly extensions: readonly { readonly keyword: string }[] | null;
  readonly tls: {
    readonly protocol: string;
    readonly certificate: { readonly names: readonly string[]; readonly keyType: string };
    readonly chain: readonly unknown[];
  } | null;
  readonly judgements: { readonly pkix: { readonly faults: readonly { readonly reason: string }[] } };
  readonly tlsFailure: string | null;
}

/** What came of asking servers. */
export interface Asked {
  readonly status: number;
  readonly rows: readonly Row[];
  /** The first row. */
  readonly row: Row;
  /** The commands that the transcript shows, verbs only, in order. */
  readonly verbs: readonly string[];
  /** Everything it has printed. */
  readonly printed: string;
}

const POLL_MS = 2;

/** Asks servers with the compiled command: all must be available for status 0. */
export async function ask(args: readonly string[], options: RunOptions = {}): Promise<Asked> {
  const always = ["--format", "json", "--require", "all", "-v", "--transcript"];
  const { status, stdout, stderr } = await run(compiled, [...always, ...args], options);
  if (stdout === "") throw new Error(`${args.join(" ")}: no report: ${stderr}`);
  const { servers } = JSON.parse(stdout) as { readonly servers: readonly Row[] };
  const [row] = servers;
  if (row === undefined) throw new Error(`${args.join(" ")}: no server in the report: ${stdout}`);
  const verbs = [...stderr.matchAll(/ C: (\S+)/g)].map(([, verb = ""]) => verb);
  return { status, rows: servers, row, verbs, printed: stdout + stderr };
}

/** Resolves with what a run comes to, and all command lines that could be seen on this machine meanwhile. */
export async function watched<T>(running: Promise<T>): Promise<readonly [T, ReadonlySet<string>]> {
  const seen = new Set<string>();
  let isOver = false;
  const over = running.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (const name of await readdir("/proc")) {
      if (/^\d+$/.test(name)) seen.add(await commandLine(name));
    }
    await Promise.race([over.catch(() => {}), Bun.sleep(POLL_MS)]);
  }
  return [await over, seen];
}

/** Empty for a process that has ended meanwhile. */
async function commandLine(id: string): Promise<string> {
  try {
    return (await readFile(`/proc/${id}/cmdline`, "utf8")).replaceAll("\0", " ");
  } catch {
    return "";
  }
}
