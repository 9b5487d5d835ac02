import type { Database } from "bun:sqlite";
import { parseKept } from "../parse-kept.ts";
import { isRecord, parseJson } from "../record.ts";
import {
  type CacheStore,
  type Kept,
  type KeptFilter,
  MAX_LEASE_MS,
  nameOfOwner,
  type Question,
} from "../store.ts";
import { SqliteFile } from "./file.ts";

/** Most outcomes kept in a file; beyond it, those that expire first are forgotten. */
export const MAX_KEPT = 10_000;

/** Stands for "both families", for a part of a primary key cannot be null. */
const BOTH_FAMILIES = 0;

const THIS_QUESTION = "host = ? AND port = ? AND family = ? AND manner = ?";
const SELECT_KEPT = `SELECT * FROM kept WHERE ${THIS_QUESTION} AND expires_at_ms > ?`;
const LIST_KEPT = "SELECT * FROM kept WHERE expires_at_ms > ? ORDER BY host, port, family, manner";
const PUT_KEPT = "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
const PRUNE_KEPT = "DELETE FROM kept WHERE expires_at_ms <= ?";
const BOUND_KEPT = `DELETE FROM kept WHERE (host, port, family, manner) IN (
  SELECT host, port, family, manner FROM kept ORDER BY expires_at_ms
  LIMIT max(0, (SELECT count(*) FROM kept) - ${MAX_KEPT}))`;
const CLEAR_KEPT = "DELETE FROM kept WHERE host = ?1 AND (?2 IS NULL OR port = ?2)";

const NAME_OF_OWNER = "substr(owner, 1, instr(owner || '/', '/') - 1)";
const SELECT_HOLDER = `SELECT owner FROM lease
  WHERE ${THIS_QUESTION} AND ${NAME_OF_OWNER} <> ? AND expires_at_ms > ? AND expires_at_ms <= ?`;
const PUT_LEASE = "INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?, ?)";
const DELETE_LEASE = `DELETE FROM lease WHERE ${THIS_QUESTION} AND ${NAME_OF_OWNER} = ?`;
const PRUNE_LEASES = "DELETE FROM lease WHERE expires_at_ms <= ?";

/** A cache in an SQLite file. */
export class SqliteStore implements CacheStore {
  readonly #file: SqliteFile;

  /** `onReplaced` is told, in one line, when the file was damaged and had to be replaced. */
  constructor(path: string, onReplaced: (message: string) => void) {
    this.#file = new SqliteFile(path, onReplaced);
  }

  async get(question: Question): Promise<Kept | null> {
    const row = await this.#file.read((db) => db.query(SELECT_KEPT).get(...keyOf(question), Date.now()));
    return parseRow(row) ?? null;
  }

  put({ question, outcome, address, checkedAtMs, expiresAtMs, limitMs }: Kept): Promise<void> {
    const evidence = [JSON.stringify(outcome), address, checkedAtMs, expiresAtMs, limitMs] as const;
    return this.#write((db) => {
      const nowMs = Date.now();
      db.query(PUT_KEPT).run(...keyOf(question), ...evidence);
      db.query(PRUNE_KEPT).run(nowMs);
      db.query(BOUND_KEPT).run();
      db.query(PRUNE_LEASES).run(nowMs);
    });
  }

  async claim(question: Question, owner: string, leaseMs: number): Promise<string> {
    const holderNow = (db: Database) => {
      const nowMs = Date.now();
      return holderOf(
        db.query(SELECT_HOLDER).get(...keyOf(question), nameOfOwner(owner), nowMs, nowMs + MAX_LEASE_MS),
      );
    };
    const holder = await this.#file.read(holderNow);
    if (holder !== undefined) return holder;
    return this.#write((db) => {
      const faster = holderNow(db);
      if (faster !== undefined) return faster;
      db.query(PUT_LEASE).run(...keyOf(question), owner, Math.ceil(Date.now() + leaseMs));
      return owner;
    });
  }

  release(question: Question, owner: string): Promise<void> {
    return this.#write((db) => void db.query(DELETE_LEASE).run(...keyOf(question), nameOfOwner(owner)));
  }

  async list(): Promise<readonly Kept[]> {
    const rows = await this.#file.read((db) => db.query(LIST_KEPT).all(Date.now()));
    return (rows ?? []).map(parseRow).filter((kept) => kept !== undefined);
  }

  async clear(filters: readonly KeptFilter[]): Promise<number> {
    if ((await this.#file.read(() => true)) === undefined) return 0;
    return this.#write((db) => {
      if (filters.length === 0) return db.query("DELETE FROM kept").run().changes;
      return filters.reduce((sum, { host, port }) => sum + db.query(CLEAR_KEPT).run(host, port).changes, 0);
    });
  }

  /** A file is waited for only while others write to it, and {@link SqliteFile} bounds that. */
  mustPay(): void {}

  close(): void {
    this.#file.close();
  }

  #write<T>(operation: (db: Database) => T): Promise<T> {
    return this.#file.write((db) => db.transaction(operation).immediate(db));
  }
}

function keyOf({ host, port, family, manner = "" }: Question): [string, number, number, string] {
  return [host, port, family ?? BOTH_FAMILIES, manner];
}

function parseRow(row: unknown): Kept | undefined {
  if (!isRecord(row)) return undefined;
  const { host, port, family, manner, outcome, address } = row;
  return parseKept({
    question: {
      host,
      port,
      family: family === BOTH_FAMILIES ? null : family,
      ...(manner === "" ? {} : { manner }),
    },
    outcome: typeof outcome === "string" ? parseJson(outcome) : undefined,
    address,
    checkedAtMs: row["checked_at_ms"],
    expiresAtMs: row["expires_at_ms"],
    limitMs: row["limit_ms"],
  });
}

function holderOf(row: unknown): string | undefined {
  return isRecord(row) && typeof row["owner"] === "string" ? row["owner"] : undefined;
}
