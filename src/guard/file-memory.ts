import type { Database } from "bun:sqlite";
import type { SqliteFile } from "../cache/sqlite/file.ts";
import { PASS_MS, WAITING_MS } from "./relents.ts";
import type { SharedMemory } from "./relief.ts";
import { storeKey } from "./store-key.ts";

/** Most rows; beyond that the oldest go. */
const MAX_ROWS = 400_000;
/** One write in so many looks whether there are rows to forget. */
const PRUNE_EVERY = 256;

const TABLE = `
  CREATE TABLE IF NOT EXISTS sending (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sending_by_expiry ON sending (expires_at_ms)`;
const GET = "SELECT at_ms FROM sending WHERE key = ? AND expires_at_ms > ?";
const PUT = "INSERT OR REPLACE INTO sending VALUES (?, ?, ?)";
const PRUNE = `DELETE FROM sending WHERE expires_at_ms <= ?1 OR key IN (
  SELECT key FROM sending ORDER BY expires_at_ms LIMIT max(0, (SELECT count(*) FROM sending) - ${MAX_ROWS}))`;

/** What guards of one machine know together, in a cache's file, in a table beside its own. */
export class FileMemory implements SharedMemory {
  readonly #file: SqliteFile;
  /** The opening that is known to have the table: a file may be removed or replaced meanwhile. */
  #prepared: Database | undefined;
  #writes = 0;

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  meet(pass: string, keys: readonly string[], nowMs: number): ReturnType<SharedMemory["meet"]> {
    return this.#write(nowMs, (db) => {
      const hasPass = firstMs(db, pass, nowMs) !== undefined;
      if (hasPass) put(db, pass, nowMs, PASS_MS);
      return {
        hasPass,
        firstMs: keys.map((key) => firstMs(db, key, nowMs) ?? put(db, key, nowMs, WAITING_MS)),
      };
    });
  }

  async givePass(pass: string, nowMs: number): Promise<void> {
    await this.#write(nowMs, (db) => put(db, pass, nowMs, PASS_MS));
  }

  close(): void {
    this.#file.close();
  }

  #write<T>(nowMs: number, work: (db: Database) => T): Promise<T> {
    return this.#file.write((db) => {
      if (db !== this.#prepared) for (const statement of TABLE.split(";")) db.run(statement);
      this.#prepared = db;
      if (this.#writes % PRUNE_EVERY === 0) db.query(PRUNE).run(nowMs);
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
