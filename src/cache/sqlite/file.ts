import type { Database } from "bun:sqlite";
import { lendDescriptors, stopLending } from "../../limits/descriptors.ts";
import { cleanText } from "../../text/clean-text.ts";
import { CacheError } from "../store.ts";
import { SqliteConnection } from "./connection.ts";
import { explainSqliteFailure, failureOf } from "./failure.ts";
import { accessProblem, fileState, lockReplacement, removeDatabase, UNUSABLE } from "./path.ts";

/** How long a database that others have locked is tried again, at least; and how often, for on a busy machine each try is slow. */
const BUSY_LIMIT_MS = 250;
const BUSY_TRIES = 25;
/** Between two tries: at least so long, at most twice that. */
const BUSY_PAUSE_MS = 2;
/** A file may come or go between opening it and finding out why that failed: but not so often. */
const MAX_OPENINGS = 3;

/**
 * A database file that many processes share: opened when it is first needed, made when it is first written to, and
 * replaced when it turns out to be damaged. A lock is waited for between tries, never inside SQLite, so the event loop
 * goes on. Every method rejects with a {@link CacheError} when it fails.
 */
export class SqliteFile {
  readonly #path: string;
  readonly #shown: string;
  readonly #onReplaced: (message: string) => void;
  #sqlite: Promise<typeof import("bun:sqlite")> | undefined;
  #connection: SqliteConnection | undefined;

  /** `onReplaced` is told, in one line, when the file was damaged and had to be replaced. */
  constructor(path: string, onReplaced: (message: string) => void) {
    this.#shown = cleanText(path);
    this.#path = path.startsWith("/") ? path : `./${path}`;
    this.#onReplaced = onReplaced;
  }

  /** Runs a reading operation; undefined when nothing has been written yet. */
  read<T>(operation: (db: Database) => T): Promise<T | undefined> {
    return this.#try((connection) => {
      const db = connection.open();
      return db === undefined ? undefined : operation(db);
    });
  }

  /** Runs a writing operation. */
  write<T>(operation: (db: Database) => T): Promise<T> {
    return this.#try((connection) => operation(connection.openToWrite()));
  }

  close(): void {
    stopLending(this.#giveBack);
    this.#connection?.close();
  }

  /** An answer is worth more than the cache; it is opened again when it is next asked. */
  readonly #giveBack = (): boolean => {
    const isOpen = this.#connection?.isOpen === true;
    this.close();
    return isOpen;
  };

  async #try<T>(step: (connection: SqliteConnection) => T): Promise<T> {
    this.#sqlite ??= import("bun:sqlite");
    const sqlite = await this.#sqlite;
    this.#connection ??= new SqliteConnection(sqlite, this.#path);
    const connection = this.#connection;
    lendDescriptors(this.#giveBack);
    const startedAtMs = performance.now();
    for (let tries = 1; ; tries += 1) {
      try {
        return step(connection);
      } catch (error) {
        try {
          this.#recover(error, tries, performance.now() - startedAtMs, () => step(connection));
        } catch (reason) {
          this.close();
          throw new CacheError(`Cannot use the cache ${this.#shown}: ${cleanText(this.#explain(reason))}`);
        }
      }
      await Bun.sleep(BUSY_PAUSE_MS * (1 + Math.random()));
    }
  }

  /** Does what a failure calls for before another try; throws it again when there is to be none. */
  #recover(error: unknown, tries: number, elapsedMs: number, step: () => unknown): void {
    const failure = failureOf(error);
    const isHopeless = failure === "final" || (failure === "cannot-open" && tries >= MAX_OPENINGS);
    if (isHopeless || (elapsedMs > BUSY_LIMIT_MS && tries > BUSY_TRIES)) throw error;
    if (failure === "changed") this.close();
    if (failure === "damaged") this.#replace(step);
  }

  /** Removes the file, if nobody else is about to, and it is still damaged, and it was ours. */
  #replace(step: () => unknown): void {
    this.close();
    const state = fileState(this.#path);
    if (state === "missing" || state === "empty") return;
    if (state !== "ours") throw new Error(UNUSABLE[state]);
    using lock = lockReplacement(this.#path);
    if (lock === undefined) return;
    try {
      step();
      return;
    } catch (error) {
      if (failureOf(error) !== "damaged" || fileState(this.#path) !== "ours") return;
    }
    this.close();
    removeDatabase(this.#path);
    this.#onReplaced(`The cache ${this.#shown} was damaged, and has been replaced`);
  }

  #explain(error: unknown): string {
    const cause = failureOf(error) === "cannot-open" ? accessProblem(this.#path) : undefined;
    return explainSqliteFailure(cause ?? error);
  }
}
