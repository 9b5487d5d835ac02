import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import fs, { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLocation } from "../../src/cache/location.ts";
import { MemoryStore } from "../../src/cache/memory-store.ts";
import { openCache, openStore } from "../../src/cache/open-cache.ts";
import { RedisStore } from "../../src/cache/redis/store.ts";
import { SqliteStore } from "../../src/cache/sqlite/store.ts";
import { UsageError } from "../../src/text/errors.ts";
import { asked } from "./cache-fixtures.ts";

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

  test.each([
    ["a file", () => join(folder, "cache")],
    ["a server", () => "redis://127.0.0.1:1"],
  ])("opens no cache in %s where descriptors are as few as that", async (_, location) => {
    using _room = spyOn(fs, "readdirSync").mockReturnValue(Object.assign([], { length: 2 ** 31 }));
    const warnings: string[] = [];
    const cache = openCache(location(), { warn: (message) => void warnings.push(message) });
    expect((await cache.answer(asked())).cachedAtMs).toBeNull();
    expect(warnings).toEqual([`Cannot use the cache ${location()}: too few descriptors; probing without it`]);
  });

  test("needs no descriptor for memory", async () => {
    using _room = spyOn(fs, "readdirSync").mockReturnValue(Object.assign([], { length: 2 ** 31 }));
    const cache = openCache("memory:", { warn });
    await cache.answer(asked());
    expect((await cache.answer(asked())).cachedAtMs).not.toBeNull();
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
