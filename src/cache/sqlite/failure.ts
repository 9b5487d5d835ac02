import { codeOf } from "../../text/errors.ts";
import { explainSystemError } from "../../text/system-error.ts";

/** Our file with contents that are not: damaged in a way that SQLite does not mind. */
export class DamagedError extends Error {
  override readonly name = "DamagedError";
  override readonly message = "damaged";
}

/** The file is not what it was a moment ago: another process made, removed or replaced it. */
export class ChangedError extends Error {
  override readonly name = "ChangedError";
  override readonly message = "made or removed by other processes again and again";
}

/** What a failure calls for: trying again, opening it anew, a new file, a look at why it cannot be opened, or giving up. */
export type Failure = "busy" | "changed" | "damaged" | "cannot-open" | "final";

const FAILURES: readonly (readonly [pattern: RegExp, failure: Failure])[] = [
  [/^SQLITE_(?:BUSY|LOCKED|PROTOCOL)/, "busy"],
  [/^SQLITE_(?:IOERR_FSTAT|READONLY_DBMOVED)/, "changed"],
  [/^SQLITE_(?:CORRUPT|NOTADB)/, "damaged"],
  [/^SQLITE_CANTOPEN/, "cannot-open"],
];
/** What SQLite says, with its least telling code, of tables that are not as we made them. */
const WRONG_TABLES = /^(?:no such (?:table|column)|unsupported file format)/;

/** Sorts a failure by its result code (sqlite.org/rescode.html). */
export function failureOf(error: unknown): Failure {
  if (error instanceof DamagedError) return "damaged";
  if (error instanceof ChangedError) return "changed";
  const code = codeOf(error) ?? "";
  if (code === "SQLITE_ERROR" && error instanceof Error && WRONG_TABLES.test(error.message)) return "damaged";
  return FAILURES.find(([pattern]) => pattern.test(code))?.[1] ?? "final";
}

const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^SQLITE_(?:BUSY|LOCKED|PROTOCOL)/, "locked by another process for too long"],
  [/^SQLITE_READONLY/, "read-only"],
  [/^(?:SQLITE_FULL|SQLITE_IOERR_SHMSIZE)/, "no room on the disk"],
  [/^SQLITE_(?:PERM|AUTH)/, "permission denied"],
  [/^SQLITE_CANTOPEN_ISDIR/, "a folder, not a file"],
];

/** Why a database cannot be used, in a few words. */
export function explainSqliteFailure(error: unknown): string {
  const code = codeOf(error) ?? "";
  return REASONS.find(([pattern]) => pattern.test(code))?.[1] ?? explainSystemError(error);
}
