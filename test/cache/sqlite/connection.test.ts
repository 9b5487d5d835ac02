import * as sqlite from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SqliteConnection } from "../../../src/cache/sqlite/connection.ts";
import { ChangedError } from "../../../src/cache/sqlite/failure.ts";
import { createTables } from "../../../src/cache/sqlite/layout.ts";
import { type Folder, fill, makeFolder, runSql } from "./fixtures.ts";

function connect(path: string, program: typeof sqlite = sqlite) {
  const connection = new SqliteConnection(program, path);
  return { connection, [Symbol.dispose]: () => connection.close() };
}

test("open() makes nothing, openToWrite() does, and then both are the same database", () => {
  using folder = makeFolder();
  using opened = connect(folder.cache);
  const { connection } = opened;
  expect(connection.open()).toBeUndefined();
  expect(folder.names()).toEqual([]);
  const db = connection.openToWrite();
  expect(connection.open()).toBe(db);
  expect(connection.openToWrite()).toBe(db);
});

test("open() takes an empty file for nothing", () => {
  using folder = makeFolder();
  writeFileSync(folder.cache, "");
  using opened = connect(folder.cache);
  expect(opened.connection.open()).toBeUndefined();
});

test("openToWrite() opens anew what was removed, or replaced", async () => {
  using folder = makeFolder();
  using other = makeFolder();
  using opened = connect(folder.cache);
  const first = opened.connection.openToWrite();
  for (const name of folder.names()) rmSync(`${folder.path}/${name}`);
  const second = opened.connection.openToWrite();
  expect(second).not.toBe(first);
  expect(folder.names()).toContain("cache.db");

  await fill(other.cache, 3);
  for (const name of folder.names()) rmSync(`${folder.path}/${name}`);
  writeFileSync(folder.cache, await Bun.file(other.cache).bytes());
  expect(opened.connection.openToWrite().query("SELECT count(*) FROM kept").values()).toEqual([[3]]);
});

test("every write is made with a rollback journal and without waiting for the disk", async () => {
  using folder = makeFolder();
  await fill(folder.cache, 1);
  runSql(folder.cache, "PRAGMA journal_mode = WAL");
  using opened = connect(folder.cache);
  const db = opened.connection.openToWrite();
  expect(db.query("PRAGMA journal_mode").values()).toEqual([["delete"]]);
  expect(db.query("PRAGMA synchronous").values()).toEqual([[0]]);
});

test("open() and openToWrite() throw for what is not ours, and let go of it", () => {
  using folder = makeFolder();
  runSql(folder.cache, "PRAGMA journal_mode = WAL; CREATE TABLE precious (x)");
  using opened = connect(folder.cache);
  expect(() => opened.connection.open()).toThrow("another program's file, left alone");
  expect(() => opened.connection.openToWrite()).toThrow("another program's file, left alone");
  expect(folder.names()).toEqual(["cache.db"]);
});

test("close() may be called again, and is undone by the next use", () => {
  using folder = makeFolder();
  using opened = connect(folder.cache);
  const first = opened.connection.openToWrite();
  opened.connection.close();
  opened.connection.close();
  expect(opened.connection.open()).not.toBe(first);
});

/** SQLite on a machine where somebody does something between our look and each opening. */
function withOthers(act: () => void, succeeded = () => {}): typeof sqlite {
  class Database extends sqlite.Database {
    constructor(path: string, flags: number) {
      act();
      super(path, flags);
      succeeded();
    }
  }
  return { ...sqlite, Database };
}

describe("what comes between the look and the opening is not believed:", () => {
  const NOT_BELIEVED = "others may write it, so that it is not believed";
  const LINK = "a symbolic link, which is neither followed nor replaced";
  const forge = async ({ path, cache }: Folder) => {
    const forged = join(path, "forged");
    await fill(forged, 1);
    chmodSync(forged, 0o666);
    return {
      forged,
      move: () => renameSync(forged, cache),
      link: () => {
        rmSync(cache, { force: true });
        symlinkSync(forged, cache);
      },
    };
  };

  test("a file of others", async () => {
    using folder = makeFolder();
    const { move } = await forge(folder);
    using opened = connect(folder.cache, withOthers(move));
    expect(() => opened.connection.open()).toThrow(NOT_BELIEVED);
    expect(opened.connection.isOpen).toBe(false);
  });

  test("a file of others that is gone again", async () => {
    using folder = makeFolder();
    const { forged, move } = await forge(folder);
    class Database extends sqlite.Database {
      constructor(path: string, flags: number) {
        move();
        super(path, flags);
        renameSync(folder.cache, forged);
      }
    }
    using opened = connect(folder.cache, { ...sqlite, Database });
    expect(() => opened.connection.open()).toThrow(ChangedError);
  });

  test("a link to a file", async () => {
    using folder = makeFolder();
    const { link } = await forge(folder);
    using opened = connect(folder.cache, withOthers(link));
    expect(() => opened.connection.open()).toThrow(LINK);
    expect(() => opened.connection.openToWrite()).toThrow(LINK);
  });

  test("a link to an empty file", async () => {
    using folder = makeFolder();
    const { forged, link } = await forge(folder);
    writeFileSync(forged, "");
    let openings = 0;
    const count = () => {
      openings += 1;
    };
    using opened = connect(folder.cache, withOthers(link, count));
    expect(() => opened.connection.openToWrite()).toThrow(LINK);
    expect([openings, statSync(forged).size]).toEqual([0, 0]);
  });

  test("a log", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    const before = readFileSync(folder.cache);
    const log = `${folder.cache}-journal`;
    using opened = connect(
      folder.cache,
      withOthers(() => {
        writeFileSync(log, "x");
        chmodSync(log, 0o666);
      }),
    );
    expect(() => opened.connection.open()).toThrow(`-journal: ${NOT_BELIEVED}`);
    expect(readFileSync(folder.cache)).toEqual(before);
  });
});

test("open() does not believe a log that comes while it is open", async () => {
  using folder = makeFolder();
  await fill(folder.cache, 1);
  using opened = connect(folder.cache);
  opened.connection.open();
  writeFileSync(`${folder.cache}-wal`, "x");
  chmodSync(`${folder.cache}-wal`, 0o666);
  expect(() => opened.connection.open()).toThrow("-wal: others may write it, so that it is not believed");
});

describe("what another process makes meanwhile is looked at anew:", () => {
  test("a cache, when it was empty a moment ago", async () => {
    using folder = makeFolder();
    writeFileSync(folder.cache, "", { mode: 0o600 });
    class Database extends sqlite.Database {
      override query(sql: string) {
        if (!sql.includes("page_count")) return super.query(sql) as never;
        const rows = super.query(sql).values();
        createTables(this);
        return { values: () => rows } as never;
      }
    }
    using opened = connect(folder.cache, { ...sqlite, Database });
    expect(() => opened.connection.open()).toThrow(ChangedError);
    using again = connect(folder.cache);
    expect(again.connection.open()).toBeDefined();
  });

  test("another program's database, where ours was to be made", () => {
    using folder = makeFolder();
    const make = () => {
      if (folder.names().length > 0) runSql(folder.cache, "CREATE TABLE IF NOT EXISTS precious (x)");
    };
    using opened = connect(folder.cache, withOthers(make));
    expect(() => opened.connection.openToWrite()).toThrow(ChangedError);
    expect(() => opened.connection.openToWrite()).toThrow("another program's file, left alone");
  });
});

test("a database in which no tables can be made is let go of", () => {
  using folder = makeFolder();
  class Database extends sqlite.Database {
    override transaction(): never {
      throw new Error("no tables");
    }
  }
  using opened = connect(folder.cache, { ...sqlite, Database });
  expect(() => opened.connection.openToWrite()).toThrow("no tables");
  expect(opened.connection.isOpen).toBe(false);
});
