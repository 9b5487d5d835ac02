import * as sqlite from "bun:sqlite";
import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { SqliteConnection } from "../../../src/cache/sqlite/connection.ts";
import { fill, makeFolder, runSql } from "./fixtures.ts";

function connect(path: string) {
  const connection = new SqliteConnection(sqlite, path);
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
