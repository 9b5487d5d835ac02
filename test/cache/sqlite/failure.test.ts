import { expect, test } from "bun:test";
import {
  ChangedError,
  DamagedError,
  explainSqliteFailure,
  failureOf,
} from "../../../src/cache/sqlite/failure.ts";

function coded(code: string, message = "it failed"): Error {
  return Object.assign(new Error(message), { code });
}

test.each([
  ["SQLITE_BUSY", "busy", "locked by another process for too long"],
  ["SQLITE_BUSY_SNAPSHOT", "busy", "locked by another process for too long"],
  ["SQLITE_LOCKED", "busy", "locked by another process for too long"],
  ["SQLITE_PROTOCOL", "busy", "locked by another process for too long"],
  ["SQLITE_IOERR_FSTAT", "changed", "it failed (SQLITE_IOERR_FSTAT)"],
  ["SQLITE_READONLY_DBMOVED", "changed", "read-only"],
  ["SQLITE_CORRUPT", "damaged", "it failed (SQLITE_CORRUPT)"],
  ["SQLITE_CORRUPT_INDEX", "damaged", "it failed (SQLITE_CORRUPT_INDEX)"],
  ["SQLITE_NOTADB", "damaged", "it failed (SQLITE_NOTADB)"],
  ["SQLITE_CANTOPEN", "cannot-open", "it failed (SQLITE_CANTOPEN)"],
  ["SQLITE_CANTOPEN_ISDIR", "cannot-open", "a folder, not a file"],
  ["SQLITE_READONLY", "final", "read-only"],
  ["SQLITE_FULL", "final", "no room on the disk"],
  ["SQLITE_IOERR_SHMSIZE", "final", "no room on the disk"],
  ["SQLITE_IOERR_READ", "final", "it failed (SQLITE_IOERR_READ)"],
  ["SQLITE_ERROR", "final", "it failed (SQLITE_ERROR)"],
  ["SQLITE_PERM", "final", "permission denied"],
  ["ENOSPC", "final", "no room on the disk"],
  ["EROFS", "final", "read-only"],
  ["EACCES", "final", "permission denied"],
  ["ENOTDIR", "final", "its folder is a file"],
  ["EMFILE", "final", "too many open files"],
])("failureOf() and explainSqliteFailure() sort %s as %s: %s", (code, failure, reason) => {
  expect<string>(failureOf(coded(code))).toBe(failure);
  expect(explainSqliteFailure(coded(code))).toBe(reason);
});

test.each(["no such table: kept", "no such column: expires_at_ms", "unsupported file format"])(
  "failureOf() takes tables that are not as we made them for damage: %s",
  (message) => {
    expect(failureOf(coded("SQLITE_ERROR", message))).toBe("damaged");
  },
);

test("failureOf() knows our own errors, and no others", () => {
  expect(failureOf(new ChangedError())).toBe("changed");
  expect(failureOf(new DamagedError())).toBe("damaged");
  expect(failureOf(new Error("SQLITE_BUSY"))).toBe("final");
  expect(failureOf("SQLITE_BUSY")).toBe("final");
});

test("explainSqliteFailure() names a code once, and explains what is no error", () => {
  expect(explainSqliteFailure(coded("EODD", "EODD: it is odd"))).toBe("EODD: it is odd");
  expect(explainSqliteFailure(new ChangedError())).toBe("made or removed by other processes again and again");
  expect(explainSqliteFailure(new DamagedError())).toBe("damaged");
  expect(explainSqliteFailure("odd")).toBe("odd");
});
