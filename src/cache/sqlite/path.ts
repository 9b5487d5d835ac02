import { codeOf } from "../../text/errors.ts";

/** What stands beside a database while it is written to, and is read back when that was not finished. */
export const LOGS = ["-journal", "-wal", "-shm"] as const;

/** What stands at a path, as far as a cache is concerned. */
export type FileState = "missing" | "symbolic-link" | "no-file" | "empty" | "ours" | "foreign";

/** Why a cache can be neither opened nor made where such a thing stands. */
export const UNUSABLE: Readonly<Record<Exclude<FileState, "missing" | "empty" | "ours">, string>> = {
  "symbolic-link": "a symbolic link, which is neither followed nor replaced",
  "no-file": "not a regular file",
  foreign: "another program's file, left alone",
};

/**
 * The application id of our SQLite files: the four octets d3 6c 72 a5 at offset 68 (sqlite.org/fileformat2.html
 * §1.3.10), which no UTF-8 text holds.
 */
export const APPLICATION_ID = -0x2c_93_8d_5b;
const APPLICATION_ID_AT = 68;
/** A process that replaces a damaged file needs some milliseconds; one that needs longer than this was killed. */
const STALE_LOCK_MS = 2_000;

/**
 * Looks at what stands at a path itself, following no symbolic link: what is created or removed there must be ours.
 * @throws the system's error when it may not be read.
 */
export function fileState(path: string): FileState {
  const fs = process.getBuiltinModule("node:fs");
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return "missing";
  if (found.isSymbolicLink()) return "symbolic-link";
  if (!found.isFile()) return "no-file";
  if (found.size === 0) return "empty";
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const descriptor = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const octets = new DataView(new ArrayBuffer(4));
    const count = fs.readSync(descriptor, octets, 0, 4, APPLICATION_ID_AT);
    return count === 4 && octets.getInt32(0) === APPLICATION_ID ? "ours" : "foreign";
  } finally {
    fs.closeSync(descriptor);
  }
}

/** The system's error that keeps a file, or the log files beside it, from being written; undefined when nothing does. */
export function accessProblem(path: string): unknown {
  const fs = process.getBuiltinModule("node:fs");
  const { dirname } = process.getBuiltinModule("node:path");
  const { R_OK, W_OK, X_OK } = fs.constants;
  try {
    fs.accessSync(path, R_OK | W_OK);
    fs.accessSync(dirname(path), W_OK | X_OK);
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Makes an empty file, mode 0600, in a folder that is made with mode 0700 if it is missing; leaves a file that is there.
 * @throws the system's error when it cannot.
 */
export function createFile(path: string): void {
  const fs = process.getBuiltinModule("node:fs");
  const { dirname } = process.getBuiltinModule("node:path");
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    fs.closeSync(fs.openSync(path, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/**
 * Removes a database with what belongs to it, the file itself last: SQLite throws a left-over log away when it finds
 * it beside an empty file, but replays it into a full one.
 * @throws the system's error when it cannot.
 */
export function removeDatabase(path: string): void {
  const fs = process.getBuiltinModule("node:fs");
  for (const part of [...LOGS, ""]) fs.rmSync(path + part, { force: true });
}

/**
 * Takes the right to replace a file, among all processes; undefined while another has it. Dispose of it to give it back.
 * @throws the system's error when it cannot.
 */
export function lockReplacement(path: string): Disposable | undefined {
  const fs = process.getBuiltinModule("node:fs");
  const lock = `${path}-replacing`;
  const held = fs.lstatSync(lock, { throwIfNoEntry: false });
  if (held !== undefined && !held.isFile())
    throw new Error(`damaged, and "${lock}" is in the way of replacing it`);
  const heldSinceMs = held?.mtimeMs;
  if (heldSinceMs !== undefined && Math.abs(Date.now() - heldSinceMs) > STALE_LOCK_MS) {
    fs.rmSync(lock, { force: true });
  }
  try {
    fs.closeSync(fs.openSync(lock, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => fs.rmSync(lock, { force: true }) };
}
