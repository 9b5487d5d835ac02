import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { lackingNamespaces } from "./requirement.ts";
import { inPrivate, PRIVATE, type ServerFolder } from "./server-folder.ts";

/** A mail server running on loopback; disposing it kills all its processes and removes its folder. */
export interface PrivateServer extends AsyncDisposable {
  readonly port: number;
  /** Its folder. */
  readonly path: string;
  /** Resolves with everything it has logged once a line matches. */
  logged(pattern: RegExp): Promise<string>;
}

/** How a private server is run. */
export interface Launch {
  /** The package it is from. */
  readonly server: string;
  readonly folder: ServerFolder;
  readonly port: number;
  readonly argv: readonly string[];
  /** Shell lines run in its mount namespace before it starts. */
  readonly mounts?: string;
  /** Its log, when that is not what it prints. */
  readonly logFile?: string;
}

const WITHIN_MS = 15_000;
const POLL_MS = 10;

/** Where `fetch-mail-servers.sh` unpacks a server. */
export function packageFolder(server: string): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(process.env["SMTPDCHECK_MAIL_SERVERS"] ?? join(cache, "smtpdcheck/mail-servers"), server);
}

/** The value of LD_LIBRARY_PATH with which a server's programs run: the libraries that came with its package. */
export function librariesOf(server: string): string {
  const triplet = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const folders = ["usr/lib/postfix", "usr/lib", `usr/lib/${triplet}`, `lib/${triplet}`];
  return folders.map((folder) => join(packageFolder(server), folder)).join(":");
}

/** What this machine lacks to run a private server of this package; undefined if nothing. */
export function lackingServer(server: string): string | undefined {
  if (process.getuid?.() !== 0) return "it needs root";
  if (existsSync(packageFolder(server))) return lackingNamespaces(...PRIVATE);
  return `${server} is not there: run bash test/integration/fetch-mail-servers.sh`;
}

/** Starts a server and resolves when it listens. */
export async function startPrivateServer(launch: Launch): Promise<PrivateServer> {
  const { folder, port, argv } = launch;
  const output = join(folder.path, "output");
  const child = Bun.spawn([...inPrivate(folder, `exec >"$0/output" 2>&1\n${launch.mounts ?? ""}`), ...argv], {
    env: { PATH: process.env["PATH"], LD_LIBRARY_PATH: librariesOf(launch.server) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const log = () => textOf(launch.logFile ?? output);
  const evidence = () => `\n${textOf(output)}${launch.logFile === undefined ? "" : log()}`;
  const until = async (isDone: () => boolean, complaint: string) => {
    const endMs = performance.now() + WITHIN_MS;
    while (!isDone()) {
      if (performance.now() > endMs) throw new Error(`${complaint}:${evidence()}`);
      await Bun.sleep(POLL_MS);
    }
  };
  const stop = async () => {
    child.kill("SIGKILL");
    await child.exited;
    await until(() => !isListening(port), `${argv[0]} does not end`);
    await folder.remove();
  };
  try {
    await until(() => isListening(port) || child.exitCode !== null, `${argv[0]} does not listen on ${port}`);
    if (child.exitCode !== null) throw new Error(`${argv[0]} ended:${evidence()}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    path: folder.path,
    async logged(pattern) {
      await until(() => pattern.test(log()), `${argv[0]} does not log ${pattern}`);
      return log();
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** A loopback port that was free a moment ago. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}

/** Asks the kernel (proc(5)) and not the port: a connection would be in the server's log. */
function isListening(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = textOf("/proc/net/tcp").split("\n");
  return rows.some((row) => {
    const [, address, , state] = row.trim().split(/\s+/);
    return state === "0A" && address?.endsWith(local) === true;
  });
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
