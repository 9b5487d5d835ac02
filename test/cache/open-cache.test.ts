import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLocation } from "../../src/cache/location.ts";
import { MemoryStore } from "../../src/cache/memory-store.ts";
import { openCache, openStore } from "../../src/cache/open-cache.ts";
import { RedisStore } from "../../src/cache/redis/store.ts";
import { SqliteStore } from "../../src/cache/sqlite/store.ts";
import { UsageError } from "../../src/text/errors.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "smtpdcheck-open-cache-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function warn(message: string): never {
  throw new Error(`The cache warned: ${message}`);
}

describe("openCache()", () => {
  test("opens nothing before the first question", async () => {
    const cache = openCache(join(folder, "cache"), { warn });
    expect(readdirSync(folder)).toEqual([]);
    await cache.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(["", "http://127.0.0.1/"])("throws a UsageError for %j", (location) => {
    expect(() => openCache(location, { warn })).toThrow(UsageError);
  });
});

test("openStore() makes the store for the location", async () => {
  const inFile = await openStore(parseLocation(join(folder, "cache")), warn);
  const atServer = await openStore(parseLocation("redis://127.0.0.1:1"), warn);
  expect(inFile).toBeInstanceOf(SqliteStore);
  expect(atServer).toBeInstanceOf(RedisStore);
  expect(await openStore(parseLocation("memory:"), warn)).toBeInstanceOf(MemoryStore);
  inFile.close();
  atServer.close();
});
