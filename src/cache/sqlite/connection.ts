import type { Database } from "bun:sqlite";
import { ChangedError, DamagedError, failureOf } from "./failure.ts";
import { createTables, layoutOf } from "./layout.ts";
import { createFile, fileState, UNUSABLE } from "./path.ts";
import { distrust, realFolderOf } from "./trust.ts";

type Sqlite = typeof import("bun:sqlite");

/**
 * One process's connection to a database file that many share. Nothing is waited for and nothing is repaired: every
 * method throws what SQLite or the system throws, a {@link ChangedError}, a {@link DamagedError}, or an error with the
 * reason why the file is not for us.
 */
export class SqliteConnection {
  readonly #sqlite: Sqlite;
  readonly #path: string;
  #db: Database | undefined;
  #isPrepared = false;

  constructor(sqlite: Sqlite, path: string) {
    this.#sqlite = sqlite;
    this.#path = path;
  }

  get isOpen(): boolean {
    return this.#db !== undefined;
  }

  /** The database, opened if it was not; undefined when there is none yet. */
  open(): Database | undefined {
    if (this.#db !== undefined) {
      this.#mustBeTrusted();
      return this.#db;
    }
    const db = this.#connect();
    if (db === undefined) return undefined;
    try {
      if (this.#holdsTables(db)) this.#db = db;
      return this.#db;
    } finally {
      if (this.#db === undefined) db.close();
    }
  }

  /** The database, made if there is none, and opened anew if it is no longer the one at its path. */
  openToWrite(): Database {
    if (this.#db !== undefined && this.#hasMoved(this.#db)) this.close();
    const db = this.open() ?? this.#create();
    if (!this.#isPrepared) db.run("PRAGMA journal_mode = DELETE");
    this.#isPrepared = true;
    return db;
  }

  close(): void {
    const db = this.#db;
    this.#db = undefined;
    this.#isPrepared = false;
    db?.close();
  }

  /** Opening reads nothing; it is looked at again then, for what was opened may have come after the first look. */
  #connect(): Database | undefined {
    this.#mustBeTrusted();
    let db: Database | undefined;
    try {
      const { SQLITE_OPEN_READWRITE, SQLITE_OPEN_NOFOLLOW } = this.#sqlite.constants;
      db = this.#openNoLink(SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
      if (this.#hasMoved(db)) throw new ChangedError();
      this.#mustBeTrusted();
      db.run("PRAGMA synchronous = OFF");
      return db;
    } catch (error) {
      db?.close();
      if (failureOf(error) !== "cannot-open" || !this.#isNothingThere()) throw error;
      return undefined;
    }
  }

  /** SQLite takes offence at a symbolic link anywhere in a path; in its folder one is all right. */
  #openNoLink(flags: number): Database {
    try {
      return new this.#sqlite.Database(this.#path, flags);
    } catch (error) {
      const path = realFolderOf(this.#path);
      if (path === this.#path) throw error;
      return new this.#sqlite.Database(path, flags);
    }
  }

  /** A log may come at any time, and is read with the next statement. */
  #mustBeTrusted(): void {
    const reason = distrust(this.#path);
    if (reason !== undefined) throw new Error(reason);
  }

  #holdsTables(db: Database): boolean {
    switch (layoutOf(db)) {
      case "usable":
        return true;
      case "empty":
        if (this.#isNothingThere()) return false;
        throw new ChangedError();
      case "damaged":
        throw new DamagedError();
      case "newer":
        throw new Error("written by a newer version of smtpdcheck, left alone");
      case "foreign":
        throw new Error(UNUSABLE.foreign);
    }
  }

  #create(): Database {
    createFile(this.#path);
    const db = this.#connect();
    if (db === undefined || !this.#isNothingThere()) {
      db?.close();
      throw new ChangedError();
    }
    try {
      createTables(db);
    } catch (error) {
      db.close();
      throw error;
    }
    this.#db = db;
    return db;
  }

  #isNothingThere(): boolean {
    const state = fileState(this.#path);
    switch (state) {
      case "missing":
      case "empty":
        return true;
      case "ours":
      case "foreign":
        return false;
      case "symbolic-link":
      case "no-file":
        throw new Error(UNUSABLE[state]);
    }
  }

  #hasMoved(db: Database): boolean {
    const answer = new Int32Array(2);
    db.fileControl(this.#sqlite.constants.SQLITE_FCNTL_HAS_MOVED, answer);
    return answer[0] === 1;
  }
}
