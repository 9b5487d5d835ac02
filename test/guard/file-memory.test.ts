import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteFile } from "../../src/cache/sqlite/file.ts";
import { SqliteStore } from "../../src/cache/sqlite/store.ts";
import { CacheError } from "../../src/cache/store.ts";
import { FileMemory } from "../../src/guard/file-memory.ts";
import { PASS_MS, WAITING_MS } from "../../src/guard/relents.ts";
import { kept, question } from "../cache/cache-fixtures.ts";
import { makeFolder, runSql } from "../cache/sqlite/fixtures.ts";
import { sharedMemoryContract } from "./shared-memory-contract.ts";

const NOW = Date.UTC(2026, 10, 27);

sharedMemoryContract("FileMemory", async () => {
  const folder = mkdtempSync(join(tmpdir(), "smtpdcheck-"));
  return {
    open: () => new FileMemory(new SqliteFile(join(folder, "cache.db"), () => {})),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
});

function openMemory(path: string) {
  const memory = new FileMemory(new SqliteFile(path, () => {}));
  return { memory, [Symbol.dispose]: () => memory.close() };
}

function failureOf(operation: Promise<unknown>): Promise<string> {
  return operation.then(
    () => "no failure",
    (error: unknown) => (error instanceof CacheError ? error.message : `another error: ${error}`),
  );
}

function rowsOf(path: string): number {
  const db = new Database(path, { readonly: true });
  const [[count] = []] = db.query("SELECT count(*) FROM sending").values();
  db.close();
  return Number(count);
}

describe("FileMemory", () => {
  test("forgets a key after 25 hours, and a pass 24 hours after it was used last", async () => {
    using folder = makeFolder();
    using opened = openMemory(folder.cache);
    const { memory } = opened;
    await memory.givePass("p", NOW);
    const ask = async (ms: number) => {
      const { hasPass, firstMs } = await memory.meet("p", ["s"], NOW + ms);
      return [hasPass, ...firstMs.map((each) => each - NOW)];
    };
    const [day, kept25] = [PASS_MS, WAITING_MS];
    expect([
      await ask(0),
      await ask(day - 1),
      await ask(kept25 - 1),
      await ask(kept25),
      await ask(kept25 + day - 1),
      await ask(kept25 + 2 * day - 1),
    ]).toEqual([
      [true, 0],
      [true, 0],
      [true, 0],
      [true, kept25],
      [true, kept25],
      [false, kept25 + 2 * day - 1],
    ]);
  });

  test("lies in a cache's file beside what that holds, and neither hurts the other", async () => {
    using folder = makeFolder();
    using opened = openMemory(folder.cache);
    const store = new SqliteStore(folder.cache, () => {});
    await store.put(kept());
    expect(await opened.memory.meet("p", ["s"], NOW)).toEqual({ hasPass: false, firstMs: [NOW] });
    await store.clear([]);
    await store.put(kept());
    expect(await opened.memory.meet("p", ["s"], NOW + 1)).toEqual({ hasPass: false, firstMs: [NOW] });
    expect((await store.get(question))?.question).toEqual(question);
    store.close();
  });

  test("makes nothing before it is used, and tells nobody who reads the file who writes to whom", async () => {
    using folder = makeFolder();
    using opened = openMemory(folder.cache);
    expect(folder.names()).toEqual([]);
    await opened.memory.meet("p client.test a.test", ["s client.test news@client.test a@a.test"], NOW);
    opened.memory.close();
    expect(folder.names()).toEqual(["cache.db"]);
    const text = readFileSync(folder.cache, "latin1");
    expect(["client.test", "news@", "a.test"].filter((each) => text.includes(each))).toEqual([]);
  });

  test("knows after another opening what it knew", async () => {
    using folder = makeFolder();
    {
      using opened = openMemory(folder.cache);
      await opened.memory.meet("p", ["s"], NOW);
    }
    using opened = openMemory(folder.cache);
    expect(await opened.memory.meet("p", ["s"], NOW + 1)).toEqual({ hasPass: false, firstMs: [NOW] });
  });

  test("removes what has expired, now and then, and what is too much, the oldest first", async () => {
    using folder = makeFolder();
    {
      using opened = openMemory(folder.cache);
      await opened.memory.meet("p", ["s"], NOW);
    }
    runSql(
      folder.cache,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200100)
       INSERT INTO sending SELECT 'filler ' || i, ${NOW}, ${NOW + WAITING_MS} + i FROM n`,
    );
    {
      using young = openMemory(folder.cache);
      expect(await young.memory.meet("p", ["t"], NOW + 1)).toEqual({ hasPass: false, firstMs: [NOW + 1] });
      expect(rowsOf(folder.cache)).toBe(200_101);
    }
    {
      using old = openMemory(folder.cache);
      await old.memory.meet("p", ["s"], NOW + 3_600_000);
      expect(rowsOf(folder.cache)).toBeWithin(190_000, 190_002);
      await old.memory.meet("p", ["later"], NOW + 3_600_001);
      expect(await old.memory.meet("p", ["later"], NOW + 3_600_002)).toEqual({
        hasPass: false,
        firstMs: [NOW + 3_600_001],
      });
    }
    using later = openMemory(folder.cache);
    await later.memory.meet("p", [], NOW + 2 * WAITING_MS);
    expect(rowsOf(folder.cache)).toBe(0);
  }, 20_000);

  test("rejects for a file that is somebody else's, and leaves it as it is", async () => {
    using folder = makeFolder();
    runSql(folder.cache, "CREATE TABLE theirs (a)");
    const before = readFileSync(folder.cache);
    using opened = openMemory(folder.cache);
    const failures = [opened.memory.meet("p", ["s"], NOW), opened.memory.givePass("p", NOW)].map(failureOf);
    for (const failure of await Promise.all(failures))
      expect(failure).toStartWith(`Cannot use the cache ${folder.cache}: `);
    expect(readFileSync(folder.cache)).toEqual(before);
  });

  test("rejects for a file that is no database, and for a path that cannot be had", async () => {
    using folder = makeFolder();
    writeFileSync(folder.cache, "not a database, but long enough to be read as one".repeat(100));
    using opened = openMemory(folder.cache);
    expect(await failureOf(opened.memory.meet("p", ["s"], NOW))).toStartWith(
      `Cannot use the cache ${folder.cache}: `,
    );
    const beyond = join(folder.cache, "cache.db");
    using none = openMemory(beyond);
    expect(await failureOf(none.memory.givePass("p", NOW))).toStartWith(`Cannot use the cache ${beyond}: `);
  });

  test("rejects in time for a file that another keeps locked, and is there again when that is over", async () => {
    using folder = makeFolder();
    using opened = openMemory(folder.cache);
    await opened.memory.meet("p", ["s"], NOW);
    const db = new Database(folder.cache);
    db.run("BEGIN EXCLUSIVE");
    const startedAtMs = performance.now();
    expect(await failureOf(opened.memory.meet("p", ["s"], NOW))).toStartWith("Cannot use the cache ");
    expect(performance.now() - startedAtMs).toBeWithin(200, 3_000);
    db.run("ROLLBACK");
    db.close();
    expect(await opened.memory.meet("p", ["s"], NOW + 1)).toEqual({ hasPass: false, firstMs: [NOW] });
  });

  test("goes on with a file that is new when the old one was removed under it", async () => {
    using folder = makeFolder();
    using opened = openMemory(folder.cache);
    await opened.memory.meet("p", ["s"], NOW);
    rmSync(folder.cache);
    expect(await opened.memory.meet("p", ["s"], NOW + 1)).toEqual({ hasPass: false, firstMs: [NOW + 1] });
    expect(await opened.memory.meet("p", ["s"], NOW + 2)).toEqual({ hasPass: false, firstMs: [NOW + 1] });
  });
});
