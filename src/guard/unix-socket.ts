import { Connection } from "../net/connection.ts";
import { cleanText } from "../text/clean-text.ts";
import { codeOf, ToldError } from "../text/errors.ts";
import { explainSystemError } from "../text/system-error.ts";
import type { ListenAddress } from "./listen-address.ts";

/** A socket that cannot be had; the message is one line. */
export class ListenError extends ToldError {
  override readonly name = "ListenError";
}

type UnixAddress = Extract<ListenAddress, { kind: "unix" }>;

/** How long whoever listens on a socket may take to accept. */
const IN_USE_MS = 1_000;
/** Nobody else may connect before the mode is the one that is wanted. */
const PRIVATE_UMASK = 0o177;
/** `__SO_ACCEPTCON` among the flags of a row of /proc/net/unix. */
const LISTENING = /^\S+ \S+ \S+ 00010000 /;

/**
 * Makes way for a socket: removes a stale one.
 * @throws {ListenError} when somebody listens there, or what is there is no socket.
 */
export async function makeWay(path: string): Promise<void> {
  const there = statOf(path);
  if (there === undefined) return;
  if (!there.isSocket()) throw cannotListen(path, "there is a file that is no socket");
  if (await isListenedOn(path)) throw cannotListen(path, "another process listens there");
  try {
    files().unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw cannotListen(path, explainSystemError(error));
  }
}

/**
 * Makes a socket by calling `listen`, with the mode and owners that are wanted from its first moment on.
 * @throws {ListenError} when it cannot, or an owner does not exist.
 */
export function makeSocket<T>({ path, mode, owner, group }: UnixAddress, listen: () => T): T {
  const uid = owner === null ? -1 : idOf(path, "passwd", owner);
  const gid = group === null ? -1 : idOf(path, "group", group);
  const before = process.umask(PRIVATE_UMASK);
  let made: T;
  try {
    made = listen();
  } catch (error) {
    throw cannotListen(path, explainListenError(error));
  } finally {
    process.umask(before);
  }
  try {
    if (uid !== -1 || gid !== -1) files().chownSync(path, uid, gid);
    files().chmodSync(path, mode ?? 0o666 & ~before);
    return made;
  } catch (error) {
    files().rmSync(path, { force: true });
    throw cannotListen(path, explainSystemError(error));
  }
}

/** What tells a socket from another at the same path; undefined for none. */
export function identityOf(path: string): string | undefined {
  const there = statOf(path);
  return there === undefined ? undefined : `${there.dev} ${there.ino}`;
}

/** An error that says where it is that nobody can listen. */
export function cannotListen(where: string, why: string): ListenError {
  return new ListenError(`Cannot listen on ${cleanText(where)}: ${why}`);
}

/** What is missing at a new path is its folder. */
function explainListenError(error: unknown): string {
  return codeOf(error) === "ENOENT"
    ? "its folder does not exist: make that first"
    : explainSystemError(error);
}

function files() {
  return process.getBuiltinModule("node:fs");
}

function statOf(path: string) {
  try {
    return files().lstatSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw cannotListen(path, explainSystemError(error));
  }
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (isInUse: boolean) => {
      clearTimeout(timer);
      connection.terminate();
      resolve(isInUse);
    };
    const timer = setTimeout(() => answer(true), IN_USE_MS);
    const connection = new Connection(
      { address: `unix:${path}`, port: 0 },
      {
        opened: () => answer(true),
        failed: ({ kind }) => answer(kind === "no-resources" || isInTable(path)),
        heard() {},
        secured() {},
        ended() {},
      },
    );
  });
}

/** A full backlog refuses too, as far as Bun tells: the system's table has whoever listens (proc(5)). */
function isInTable(path: string): boolean {
  try {
    const rows = files().readFileSync("/proc/net/unix", "latin1").split("\n");
    const octets = Buffer.from(path).toString("latin1");
    return rows.some((row) => LISTENING.test(row) && row.endsWith(` ${octets}`));
  } catch {
    return false;
  }
}

/** A name's number in the system's own files, or by getent(1) where users come from elsewhere. */
function idOf(path: string, database: "passwd" | "group", name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  const id = /^[^:]*:[^:]*:(\d+):/.exec(getent(database, name))?.[1];
  if (id === undefined)
    throw cannotListen(path, `there is no ${database === "passwd" ? "user" : "group"} "${name}"`);
  return Number(id);
}

function getent(database: string, name: string): string {
  try {
    const text = files().readFileSync(`/etc/${database}`, "utf8");
    const line = text.split("\n").find((each) => each.startsWith(`${name}:`));
    return line ?? Bun.spawnSync(["getent", database, name]).stdout.toString();
  } catch {
    return "";
  }
}
