import type { Database } from "bun:sqlite";
import type { SqliteFile } from "../cache/sqlite/file.ts";
import { KEPT_AT_LEAST_MS, MAX_KEYS, PASS_MS, WAITING_MS } from "./relents.ts";
import type { SharedMemory } from "./relief.ts";
import { storeKey } from "./store-key.ts";

/** So much room is made when there is none. */
const SPARE_SHARE = 0.05;
/** One write in so many looks whether there are rows to forget. */
const PRUNE_EVERY = 256;

const TABLE = `
  CREATE TABLE IF NOT EXISTS sending (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sending_by_expiry ON sending (expires_at_ms)`;
const GET = "SELECT at_ms FROM sending WHERE key = ? AND expires_at_ms > ?";
const PUT = "INSERT OR REPLACE INTO sending VALUES (?, ?, ?)";
const COUNT = "SELECT count(*) AS count FROM sending";
const PRUNE = `DELETE FROM sending WHERE expires_at_ms <= ?1 OR key IN (
  SELECT key FROM sending WHERE at_ms <= ?1 - ${KEPT_AT_LEAST_MS} OR at_ms > ?1 ORDER BY expires_at_ms
  LIMIT max(0, (${COUNT}) - ?2))`;

/** What guards of one machine know together, in a cache's file, in a table beside its own. */
export class FileMemory implements SharedMemory {
  readonly #file: SqliteFile;
  /** The opening that is known to have the table: a file may be removed or replaced meanwhile. */
  #prepared: Database | undefined;
  readonly #maxRows: number;
  #writes = 0;
  #isFull = false;

  constructor(file: SqliteFile, maxRows = MAX_KEYS) {
    this.#file = file;
    this.#maxRows = maxRows;
  }

  meet(pass: string, keys: readonly string[], nowMs: number): ReturnType<SharedMemory["meet"]> {
    return this.#write(nowMs, (db) => {
      const hasPass = firstMs(db, pass, nowMs) !== undefined;
      if (hasPass) put(db, pass, nowMs, PASS_MS);
      return {
        hasPass,
        firstMs: keys.map((key) => firstMs(db, key, nowMs) ?? this.#meet(db, key, nowMs)),
      };
    });
  }

  async givePass(pass: string, nowMs: number): Promise<void> {
    await this.#write(nowMs, (db) => put(db, pass, nowMs, PASS_MS));
  }

  close(): void {
    this.#file.close();
  }

  /** Where there is no room each guard remembers by itself. */
  #meet(db: Database, key: string, nowMs: number): number {
    return this.#isFull ? nowMs : put(db, key, nowMs, WAITING_MS);
  }

  #prune(db: Database, nowMs: number): void {
    db.query(PRUNE).run(nowMs, Math.floor(this.#maxRows * (1 - SPARE_SHARE)));
    const row: unknown = db.query(COUNT).get();
    this.#isFull =
      typeof row === "object" && row !== null && "count" in row && Number(row.count) >= this.#maxRows;
  }

  #write<T>(nowMs: number, work: (db: Database) => T): Promise<T> {
    return this.#file.write((db) => {
      if (db !== this.#prepared) for (const statement of TABLE.split(";")) db.run(statement);
      this.#prepared = db;
      if (this.#writes % PRUNE_EVERY === 0) this.#prune(db, nowMs);
      this.#writes += 1;
      return db.transaction(() => work(db)).immediate();
    });
  }
}

function firstMs(db: Database, key: string, nowMs: number): number | undefined {
  const row: unknown = db.query(GET).get(storeKey(key), nowMs);
  return typeof row === "object" && row !== null && "at_ms" in row ? Number(row.at_ms) : undefined;
}

function put(db: Database, key: string, nowMs: number, keptMs: number): number {
  db.query(PUT).run(storeKey(key), nowMs, nowMs + keptMs);
  return nowMs;
}
