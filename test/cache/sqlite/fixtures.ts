import { Database } from "bun:sqlite";
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../../../src/cache/sqlite/store.ts";
import { kept } from "../cache-fixtures.ts";

/** A folder of its own, removed when disposed of, which throws when something in it was left open. */
export interface Folder extends Disposable {
  readonly path: string;
  /** The cache in it; nothing is there yet. */
  readonly cache: string;
  /** The names of what is in it, in order. */
  names(): readonly string[];
}

/** Makes a folder for a test. */
export function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "smtpdcheck-"));
  return {
    path,
    cache: join(path, "cache.db"),
    names: () => readdirSync(path).toSorted(),
    [Symbol.dispose]() {
      const left = openFilesIn(path);
      rmSync(path, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`Left open: ${left.join(", ")}`);
    },
  };
}

/** What this process has open in a folder, removed files too, where the system tells. */
export function openFilesIn(folder: string): readonly string[] {
  if (!existsSync("/proc/self/fd")) return [];
  return readdirSync("/proc/self/fd")
    .map(linkOf)
    .filter((file) => file.startsWith(`${folder}/`));
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}

/** A store over a file, with what it said about replacing it. */
export function openStore(path: string) {
  const replaced: string[] = [];
  const store = new SqliteStore(path, (message) => void replaced.push(message));
  return { store, replaced, [Symbol.dispose]: () => store.close() };
}

/** Fills a cache with so many outcomes and closes it, so that all of it is in the one file. */
export async function fill(path: string, count = 200): Promise<void> {
  using opened = openStore(path);
  const { store } = opened;
  for (let at = 0; at < count; at += 1) {
    await store.put(kept({ question: { host: `mx${at}.example.test`, port: 25, family: null } }));
  }
}

/** Runs statements on a file as any SQLite program would. */
export function runSql(path: string, sql: string): void {
  const db = new Database(path, { create: true, readwrite: true });
  db.run(sql);
  db.close(true);
}
