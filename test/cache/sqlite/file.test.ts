import { Database } from "bun:sqlite";
import { describe, expect, spyOn, test } from "bun:test";
import fs, {
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SqliteFile } from "../../../src/cache/sqlite/file.ts";
import { APPLICATION_ID } from "../../../src/cache/sqlite/path.ts";
import { MAX_KEPT } from "../../../src/cache/sqlite/store.ts";
import { CacheError, type CacheStore } from "../../../src/cache/store.ts";
import { takeBackDescriptors } from "../../../src/limits/descriptors.ts";
import { kept, question } from "../cache-fixtures.ts";
import { type Folder, fill, makeFolder, openFilesIn, openStore, runSql } from "./fixtures.ts";

const octalMode = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("a cache file", () => {
  test("is made by the first write, with its folder, for nobody else to read", async () => {
    using folder = makeFolder();
    const path = join(folder.path, "a/b/cache.db");
    using opened = openStore(path);
    expect(await opened.store.get(question)).toBeNull();
    expect(await opened.store.list()).toEqual([]);
    expect(await opened.store.clear([])).toBe(0);
    expect(folder.names()).toEqual([]);

    await opened.store.put(kept());
    expect(octalMode(path)).toBe("600");
    expect([join(folder.path, "a"), join(folder.path, "a/b")].map(octalMode)).toEqual(["700", "700"]);
  });

  test("is one file, without a log that others could cut short, marked as ours", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    expect(folder.names()).toEqual(["cache.db"]);
    const db = new Database(folder.cache, { readonly: true });
    expect(db.query("PRAGMA application_id").values()).toEqual([[APPLICATION_ID]]);
    expect(db.query("PRAGMA user_version").values()).toEqual([[2]]);
    expect(db.query("PRAGMA journal_mode").values()).toEqual([["delete"]]);
    db.close();
  });

  test("may be empty to begin with, and keeps its mode", async () => {
    using folder = makeFolder();
    writeFileSync(folder.cache, "", { mode: 0o640 });
    chmodSync(folder.cache, 0o640);
    using opened = openStore(folder.cache);
    expect(await opened.store.get(question)).toBeNull();
    await opened.store.put(kept());
    expect(await opened.store.get(question)).not.toBeNull();
    expect(octalMode(folder.cache)).toBe("640");
  });

  test("may be in a folder that is named by a symbolic link, but not be one itself", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    const link = join(folder.path, "link");
    symlinkSync(folder.path, link);
    using opened = openStore(join(link, "cache.db"));
    expect(await opened.store.list()).toHaveLength(1);
    symlinkSync(folder.cache, join(folder.path, "link.db"));
    using linked = openStore(join(folder.path, "link.db"));
    await expect(linked.store.list()).rejects.toThrow(
      "a symbolic link, which is neither followed nor replaced",
    );
  });

  test("left in WAL mode by an earlier version is read, and then written without", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 3);
    runSql(folder.cache, "PRAGMA journal_mode = WAL");
    using opened = openStore(folder.cache);
    expect(await opened.store.list()).toHaveLength(3);
    await opened.store.put(kept());
    expect(await opened.store.get(question)).not.toBeNull();
    expect(folder.names()).toEqual(["cache.db"]);
  });

  test("that others may write is not believed, nor replaced", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    chmodSync(folder.cache, 0o602);
    using opened = openStore(folder.cache);
    for (const operation of operationsOf(opened.store)) {
      await expect(operation()).rejects.toThrow(/: others may write it, so that it is not believed$/);
    }
    expect(opened.replaced).toEqual([]);
  });

  test("that is damaged beside a folder that is in the way says so", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    writeFileSync(folder.cache, readFileSync(folder.cache).fill(0xa5, 100));
    mkdirSync(`${folder.cache}-replacing`);
    using opened = openStore(folder.cache);
    await expect(opened.store.list()).rejects.toThrow(
      `damaged, and "${folder.cache}-replacing" is in the way of replacing it`,
    );
  });

  test("that was removed is made again", async () => {
    using folder = makeFolder();
    using opened = openStore(folder.cache);
    await opened.store.put(kept());
    for (const name of folder.names()) rmSync(join(folder.path, name));
    await opened.store.put(kept());
    using other = openStore(folder.cache);
    expect(await other.store.get(question)).not.toBeNull();
  });

  test("forgets what has expired", async () => {
    using folder = makeFolder();
    using opened = openStore(folder.cache);
    await opened.store.put(kept());
    opened.store.close();
    runSql(folder.cache, "INSERT INTO kept VALUES ('old.test', 25, 0, '', '{}', NULL, 1, 2, NULL)");
    runSql(folder.cache, "INSERT INTO lease VALUES ('old.test', 25, 0, '', 'dead', 2)");
    await opened.store.put(kept());
    opened.store.close();
    const db = new Database(folder.cache, { readonly: true });
    expect(db.query("SELECT host FROM kept UNION ALL SELECT host FROM lease").values()).toEqual([
      [question.host],
    ]);
    db.close();
  });

  test("never holds more than its bound, and forgets first what expires first", async () => {
    using folder = makeFolder();
    using opened = openStore(folder.cache);
    await opened.store.put(kept());
    opened.store.close();
    const soon = Date.now() + 100_000;
    runSql(
      folder.cache,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MAX_KEPT + 50})
       INSERT INTO kept SELECT 'mx' || i || '.test', 25, 0, '', '{"kind":"refused"}', NULL, ${soon} - 100000,
         ${soon} + i, NULL FROM n`,
    );
    await opened.store.put(kept({ expiresAtMs: soon + 1_000_000 }));
    opened.store.close();
    const db = new Database(folder.cache, { readonly: true });
    expect(db.query("SELECT count(*) FROM kept").values()).toEqual([[MAX_KEPT]]);
    expect(db.query("SELECT host FROM kept ORDER BY expires_at_ms LIMIT 1").values()).toEqual([
      ["mx52.test"],
    ]);
    db.close();
  });

  test("with a row that no version of this program wrote just lacks that row", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 2);
    runSql(folder.cache, "UPDATE kept SET outcome = x'00ff' WHERE host = 'mx0.example.test'");
    using opened = openStore(folder.cache);
    expect(await opened.store.get({ ...question, host: "mx0.example.test" })).toBeNull();
    expect(await opened.store.list()).toHaveLength(1);
    expect(opened.replaced).toEqual([]);
  });

  test("with a lease from a clock that has been set back does not hold", async () => {
    using folder = makeFolder();
    using opened = openStore(folder.cache);
    await opened.store.claim(question, "future", 1_000);
    opened.store.close();
    runSql(folder.cache, "UPDATE lease SET expires_at_ms = expires_at_ms + 3600000");
    expect(await opened.store.claim(question, "now", 1_000)).toBe("now");
  });
});

describe("a damaged cache file is replaced, once, and said so:", () => {
  const PAGE = 4096;

  test.each([
    ["the magic string", 0, 16],
    ["the page size", 16, 2],
    ["the file format versions", 18, 2],
    ["the page count", 28, 4],
    ["the schema format", 44, 4],
    ["the schema page", 100, 200],
    ["the schema's text", PAGE - 900, 900],
    ["the second page", PAGE, PAGE],
    ["the header of every page but the first", PAGE, 12],
    ["everything after the header", 100, Number.POSITIVE_INFINITY],
  ])("%s", async (_, at, length) => {
    using folder = makeFolder();
    await fill(folder.cache);
    const octets = readFileSync(folder.cache);
    const step = length === 12 ? PAGE : octets.length;
    for (let from = at; from < octets.length; from += step)
      octets.fill(0xa5, from, Math.min(from + length, octets.length));
    writeFileSync(folder.cache, octets);

    using opened = openStore(folder.cache);
    await opened.store.list();
    expect(await opened.store.claim(question, "one", 1_000)).toBe("one");
    await opened.store.put(kept());
    expect(await opened.store.get(question)).not.toBeNull();
    expect(opened.replaced).toEqual([`The cache ${folder.cache} was damaged, and has been replaced`]);
    expect(folder.names()).toEqual(["cache.db"]);
    expect(octalMode(folder.cache)).toBe("600");
  });

  test.each([100, 4_095, 4_096, 8_192])("cut off after %i octets", async (length) => {
    using folder = makeFolder();
    await fill(folder.cache);
    truncateSync(folder.cache, length);
    using opened = openStore(folder.cache);
    await opened.store.list();
    await opened.store.put(kept());
    expect(await opened.store.list()).toEqual([kept({ ...(await opened.store.get(question)) })]);
    expect(opened.replaced).toHaveLength(1);
  });

  test.each(["kept", "lease"])("without its table %s", async (table) => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    runSql(folder.cache, `DROP TABLE ${table}`);
    using opened = openStore(folder.cache);
    await opened.store.put(kept());
    expect(await opened.store.claim(question, "one", 1_000)).toBe("one");
    expect(opened.replaced).toHaveLength(1);
  });

  test("with a table of another shape", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    runSql(folder.cache, "ALTER TABLE kept RENAME COLUMN expires_at_ms TO expires");
    using opened = openStore(folder.cache);
    expect(await opened.store.get(question)).toBeNull();
    expect(opened.replaced).toHaveLength(1);
  });

  test("of layout 0", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    runSql(folder.cache, "PRAGMA user_version = 0");
    using opened = openStore(folder.cache);
    expect(await opened.store.get(question)).toBeNull();
    expect(opened.replaced).toHaveLength(1);
  });

  test("damaged while it is open", async () => {
    using folder = makeFolder();
    await fill(folder.cache);
    using opened = openStore(folder.cache);
    expect(await opened.store.get({ ...question, host: "mx1.example.test" })).not.toBeNull();
    const octets = readFileSync(folder.cache);
    writeFileSync(folder.cache, octets.fill(0xa5, 4_096), { flag: "r+" });
    await opened.store.put(kept({ question: { ...question, host: "zz.example.test" } }));
    expect(opened.replaced).toHaveLength(1);
  });

  test("by many stores at the same time", async () => {
    using folder = makeFolder();
    await fill(folder.cache);
    writeFileSync(folder.cache, readFileSync(folder.cache).fill(0xa5, 100));
    const stores = Array.from({ length: 20 }, () => openStore(folder.cache));
    const holders = await Promise.all(stores.map(({ store }, at) => store.claim(question, `${at}`, 5_000)));
    expect(new Set(holders).size).toBe(1);
    expect(stores.flatMap(({ replaced }) => replaced)).toHaveLength(1);
    for (const { store } of stores) store.close();
    expect(folder.names()).toEqual(["cache.db"]);
  });

  test("with the lock of a process that was killed while it replaced it", async () => {
    using folder = makeFolder();
    await fill(folder.cache);
    writeFileSync(folder.cache, readFileSync(folder.cache).fill(0xa5, 100));
    const lock = `${folder.cache}-replacing`;
    writeFileSync(lock, "");
    using early = openStore(folder.cache);
    expect(await early.store.get(question).catch((reason: unknown) => reason)).toEqual(
      new CacheError(
        `Cannot use the cache ${folder.cache}: database disk image is malformed (SQLITE_CORRUPT)`,
      ),
    );

    const longAgo = Date.now() / 1000 - 5;
    utimesSync(lock, longAgo, longAgo);
    using opened = openStore(folder.cache);
    await opened.store.put(kept());
    expect(opened.replaced).toHaveLength(1);
    expect(folder.names()).not.toContain("cache.db-replacing");
  });
});

describe("a damaged cache file", () => {
  /** Damages a cache so that it can still be opened, and does something when the right to replace it is taken. */
  async function damaged(folder: Folder, onLock: () => void) {
    await fill(folder.cache);
    const whole = readFileSync(folder.cache);
    const opened = openStore(folder.cache);
    await opened.store.get({ ...question, host: "mx1.example.test" });
    writeFileSync(folder.cache, Buffer.from(whole).fill(0xa5, 4_096), { flag: "r+" });
    const { openSync } = fs;
    const spy = spyOn(fs, "openSync").mockImplementation((path, ...rest) => {
      if (String(path).endsWith("-replacing")) onLock();
      return openSync(path, ...rest);
    });
    return {
      ...opened,
      whole,
      [Symbol.dispose]() {
        spy.mockRestore();
        opened[Symbol.dispose]();
      },
    };
  }

  test("is left alone when another process has replaced it meanwhile", async () => {
    using folder = makeFolder();
    let whole = Buffer.from("");
    using opened = await damaged(folder, () => {
      rmSync(folder.cache);
      writeFileSync(folder.cache, whole, { mode: 0o600 });
    });
    whole = opened.whole;
    expect(await opened.store.list()).toHaveLength(200);
    expect(opened.replaced).toEqual([]);
    expect(readFileSync(folder.cache)).toEqual(whole);
  });

  test("is left alone when another process has replaced it meanwhile, and writes to it", async () => {
    using folder = makeFolder();
    let whole = Buffer.from("");
    let writer: Database | undefined;
    using opened = await damaged(folder, () => {
      rmSync(folder.cache);
      writeFileSync(folder.cache, whole, { mode: 0o600 });
      writer = new Database(folder.cache, { readwrite: true });
      writer.run("BEGIN EXCLUSIVE");
    });
    whole = opened.whole;
    await expect(opened.store.list()).rejects.toThrow("locked by another process for too long");
    writer?.run("ROLLBACK");
    writer?.close();
    expect(readFileSync(folder.cache)).toEqual(whole);
    expect(opened.replaced).toEqual([]);
  });

  test("is left alone when it is another program's meanwhile", async () => {
    using folder = makeFolder();
    using opened = await damaged(folder, () => {
      rmSync(folder.cache);
      writeFileSync(folder.cache, "precious\n", { mode: 0o600 });
    });
    await expect(opened.store.list()).rejects.toThrow("another program's file, left alone");
    expect(readFileSync(folder.cache, "latin1")).toBe("precious\n");
    expect(opened.replaced).toEqual([]);
  });

  test("is removed while nobody here has it open, its logs first", async () => {
    using folder = makeFolder();
    using opened = await damaged(folder, () => {});
    const removed: string[] = [];
    const { rmSync: remove } = fs;
    using _remove = spyOn(fs, "rmSync").mockImplementation((path, options) => {
      removed.push(String(path).slice(folder.cache.length));
      if (path === folder.cache) expect(openFilesIn(folder.path)).toEqual([]);
      remove(path, options);
    });
    await opened.store.list();
    expect(removed).toEqual(["-journal", "-wal", "-shm", "", "-replacing"]);
    expect(opened.replaced).toHaveLength(1);
  });
});

describe("a cache file that is open", () => {
  test("is closed when it turns out not to be believed", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    using opened = openStore(folder.cache);
    await opened.store.list();
    expect(openFilesIn(folder.path)).toEqual([folder.cache]);
    chmodSync(folder.cache, 0o666);
    await expect(opened.store.list()).rejects.toThrow("not believed");
    expect(openFilesIn(folder.path)).toEqual([]);
  });

  test("is one, however many ask, and is given back to who needs a descriptor", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    using opened = openStore(folder.cache);
    await Promise.all(Array.from({ length: 60 }, () => opened.store.list()));
    expect(openFilesIn(folder.path)).toEqual([folder.cache]);
    expect(takeBackDescriptors()).toBe(true);
    expect(openFilesIn(folder.path)).toEqual([]);
    expect(takeBackDescriptors()).toBe(false);
    expect(await opened.store.list()).toHaveLength(1);
    opened.store.close();
    expect([takeBackDescriptors(), openFilesIn(folder.path)]).toEqual([false, []]);
  });

  test("is opened anew when SQLite finds that it has moved", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    const file = new SqliteFile(folder.cache, () => {});
    const seen: Database[] = [];
    await file.read((db) => {
      seen.push(db);
      if (seen.length === 1) throw Object.assign(new Error("moved"), { code: "SQLITE_READONLY_DBMOVED" });
    });
    expect([seen.length, seen[0] === seen[1]]).toEqual([2, false]);
    file.close();
  });
});

describe("a file that is not ours is left alone:", () => {
  const foreign = "another program's file, left alone";
  const newer = "written by a newer version of smtpdcheck, left alone";
  const noFile = "not a regular file";
  const link = "a symbolic link, which is neither followed nor replaced";

  test.each<readonly [what: string, why: string, make: (path: string) => void]>([
    ["text", foreign, (path) => writeFileSync(path, "precious\n")],
    ["a long text", foreign, (path) => writeFileSync(path, "precious\n".repeat(10_000))],
    ["zeros", foreign, (path) => writeFileSync(path, new Uint8Array(100_000))],
    ["SQLite's magic and no more", foreign, (path) => writeFileSync(path, "SQLite format 3\0")],
    ["somebody's database", foreign, (path) => runSql(path, "CREATE TABLE precious (x)")],
    [
      "somebody's WAL database",
      foreign,
      (path) => runSql(path, "PRAGMA journal_mode = WAL; CREATE TABLE kept (x)"),
    ],
    ["somebody's marked database", foreign, (path) => runSql(path, "PRAGMA application_id = 252006673")],
    [
      "somebody's damaged database",
      foreign,
      (path) => {
        runSql(path, "CREATE TABLE precious (x)");
        writeFileSync(path, readFileSync(path).fill(0xa5, 100));
      },
    ],
    [
      "a newer layout",
      newer,
      (path) =>
        runSql(
          path,
          `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 3; CREATE TABLE a (b)`,
        ),
    ],
  ])("%s", async (_, why, make) => {
    using folder = makeFolder();
    make(folder.cache);
    const before = readFileSync(folder.cache);
    using opened = openStore(folder.cache);
    const error = new CacheError(`Cannot use the cache ${folder.cache}: ${why}`);
    for (const operation of operationsOf(opened.store)) {
      expect(await operation().catch((reason: unknown) => reason)).toEqual(error);
    }
    opened.store.close();
    expect(readFileSync(folder.cache)).toEqual(before);
    expect(opened.replaced).toEqual([]);
    expect(folder.names()).toEqual(["cache.db"]);
  });

  test.each<readonly [what: string, why: string, make: (path: string, folder: string) => unknown]>([
    ["a dangling link", link, (path, folder) => symlinkSync(join(folder, "nowhere"), path)],
    ["a link to itself", link, (path) => symlinkSync(path, path)],
    ["a link to an empty file", link, (path, folder) => linkTo(join(folder, "empty"), "", path)],
    ["a link to a damaged cache", link, (path, folder) => linkToDamaged(join(folder, "target"), path)],
    ["a link to a device", link, (path) => symlinkSync("/dev/null", path)],
    ["a pipe", noFile, (path) => Bun.spawnSync(["mkfifo", path])],
  ])("%s", async (_, why, make) => {
    using folder = makeFolder();
    await make(folder.cache, folder.path);
    const before = folder.names();
    using opened = openStore(folder.cache);
    const error = await opened.store.put(kept()).catch((reason: unknown) => reason);
    expect(error).toEqual(new CacheError(`Cannot use the cache ${folder.cache}: ${why}`));
    expect(folder.names().filter((name) => !/-(wal|shm)$/.test(name))).toEqual([...before]);
  });

  test.each([
    ["/dev/null", noFile],
    ["/dev/full", noFile],
    ["/dev", noFile],
    ["/dev/null/cache.db", "its folder is a file"],
  ])("%s", async (path, why) => {
    using opened = openStore(path);
    const error = await opened.store.put(kept()).catch((reason: unknown) => reason);
    expect(error).toEqual(new CacheError(`Cannot use the cache ${path}: ${why}`));
  });
});

test("a database that another process has locked fails in a quarter of a second, and lets the event loop go on", async () => {
  using folder = makeFolder();
  await fill(folder.cache, 1);
  const db = new Database(folder.cache, { readwrite: true });
  db.run("BEGIN IMMEDIATE");
  using opened = openStore(folder.cache);
  const startedAtMs = performance.now();
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 5);
  expect(await opened.store.get({ ...question, host: "mx0.example.test" })).not.toBeNull();
  const error = await opened.store.put(kept()).catch((reason: unknown) => reason);
  clearInterval(timer);
  expect(error).toEqual(
    new CacheError(`Cannot use the cache ${folder.cache}: locked by another process for too long`),
  );
  expect(performance.now() - startedAtMs).toBeWithin(240, 1_000);
  expect(turns).toBeGreaterThan(10);
  db.run("ROLLBACK");
  db.close();
});

function operationsOf(store: CacheStore): readonly (() => Promise<unknown>)[] {
  return [
    () => store.get(question),
    () => store.put(kept()),
    () => store.claim(question, "one", 1_000),
    () => store.release(question, "one"),
    () => store.list(),
    () => store.clear([]),
  ];
}

function linkTo(target: string, content: string | Uint8Array, path: string): void {
  writeFileSync(target, content);
  symlinkSync(target, path);
}

async function linkToDamaged(target: string, path: string): Promise<void> {
  await fill(target, 1);
  linkTo(target, readFileSync(target).fill(0xa5, 100), path);
}
