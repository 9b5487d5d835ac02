import type { Database } from "bun:sqlite";
import { APPLICATION_ID } from "./path.ts";

/** The version of the tables, kept as the file's `user_version`. A file of another layout is not read. */
const LAYOUT = 2;

const TABLES = `
  CREATE TABLE kept (
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    family INTEGER NOT NULL,
    manner TEXT NOT NULL,
    outcome TEXT NOT NULL,
    address TEXT,
    checked_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    limit_ms REAL,
    PRIMARY KEY (host, port, family, manner)
  ) WITHOUT ROWID;
  CREATE INDEX kept_by_expiry ON kept (expires_at_ms);
  CREATE TABLE lease (
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    family INTEGER NOT NULL,
    manner TEXT NOT NULL,
    owner TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (host, port, family, manner)
  ) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${LAYOUT};
`;

/** What a database is to us: ours to use, empty, ours but of an unknown layout, or somebody else's. */
export type Layout = "usable" | "empty" | "newer" | "damaged" | "foreign";

/**
 * Looks whose database it is and of which layout. Another process may make the tables meanwhile, all at once: what is
 * not marked as ours is looked at again once it is known to hold something.
 */
export function layoutOf(db: Database): Layout {
  if (isOurs(db)) {
    const version = pragma(db, "user_version");
    return version === LAYOUT ? "usable" : version > LAYOUT ? "newer" : "damaged";
  }
  if (pragma(db, "page_count") === 0) return "empty";
  return isOurs(db) ? layoutOf(db) : "foreign";
}

/** Makes the tables in an empty database, unless another process is first. */
export function createTables(db: Database): void {
  db.transaction(() => {
    const isEmpty = db.query("SELECT 1 FROM sqlite_schema LIMIT 1").get() === null;
    if (isEmpty) db.run(TABLES);
  }).immediate();
}

function isOurs(db: Database): boolean {
  return pragma(db, "application_id") === APPLICATION_ID;
}

function pragma(db: Database, name: "application_id" | "user_version" | "page_count"): number {
  const [[value] = []] = db.query(`PRAGMA ${name}`).values();
  return Number(value);
}
