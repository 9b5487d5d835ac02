import { describe, expect, spyOn, test } from "bun:test";
import fs, { mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  APPLICATION_ID,
  accessProblem,
  createFile,
  fileState,
  lockReplacement,
  removeDatabase,
} from "../../../src/cache/sqlite/path.ts";
import { codeOf } from "../../../src/text/errors.ts";
import { makeFolder } from "./fixtures.ts";

/** The least that is taken for a file of ours: our mark where it belongs. */
function marked(length = 72): Uint8Array {
  const octets = new Uint8Array(length);
  new DataView(octets.buffer).setInt32(68, APPLICATION_ID);
  return octets;
}

describe("fileState()", () => {
  test.each<readonly [state: string, content: string | Uint8Array]>([
    ["empty", ""],
    ["ours", marked()],
    ["ours", marked(10_000)],
    ["foreign", marked().subarray(0, 71)],
    ["foreign", "x"],
    ["foreign", new Uint8Array(10_000)],
  ])("is %s", (state, content) => {
    using folder = makeFolder();
    writeFileSync(folder.cache, content);
    expect<string>(fileState(folder.cache)).toBe(state);
  });

  test("is missing where there is nothing, or no folder", () => {
    using folder = makeFolder();
    expect(fileState(folder.cache)).toBe("missing");
    expect(fileState(join(folder.path, "a/b"))).toBe("missing");
  });

  test("tells what is no file, and follows no link", () => {
    using folder = makeFolder();
    writeFileSync(folder.cache, marked());
    const link = join(folder.path, "link");
    symlinkSync(folder.cache, link);
    expect([link, folder.path, "/dev/null"].map(fileState)).toEqual(["symbolic-link", "no-file", "no-file"]);
  });
});

test("fileState() reads nothing through a link that appears after its look", () => {
  using folder = makeFolder();
  const target = join(folder.path, "target");
  writeFileSync(target, marked());
  symlinkSync(target, folder.cache);
  using _look = spyOn(fs, "lstatSync").mockReturnValue(statSync(target));
  expect(() => fileState(folder.cache)).toThrow("ELOOP");
});

test("createFile() makes folder and file for nobody else to read, and leaves a file that is there", () => {
  using folder = makeFolder();
  const path = join(folder.path, "a/b");
  createFile(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder.path, "a")).mode & 0o777).toBe(0o700);
  writeFileSync(path, "kept");
  createFile(path);
  expect(statSync(path).size).toBe(4);
});

test("createFile() makes nothing through a link", () => {
  using folder = makeFolder();
  symlinkSync(join(folder.path, "target"), folder.cache);
  createFile(folder.cache);
  expect(folder.names()).toEqual(["cache.db"]);
});

test("removeDatabase() removes all of a database, and nothing else", () => {
  using folder = makeFolder();
  for (const end of ["", "-wal", "-shm", "-journal", "-other"]) writeFileSync(folder.cache + end, "");
  removeDatabase(folder.cache);
  removeDatabase(folder.cache);
  expect(folder.names()).toEqual(["cache.db-other"]);
});

test("lockReplacement() gives the right to one at a time, and takes it from the dead", () => {
  using folder = makeFolder();
  const lock = lockReplacement(folder.cache);
  expect(lock).toBeDefined();
  expect(lockReplacement(folder.cache)).toBeUndefined();
  lock?.[Symbol.dispose]();
  expect(folder.names()).toEqual([]);

  lockReplacement(folder.cache);
  const longAgo = Date.now() / 1000 - 10;
  utimesSync(`${folder.cache}-replacing`, longAgo, longAgo);
  expect(lockReplacement(folder.cache)).toBeDefined();
});

test("lockReplacement() takes it from one of the future: the clock was set back", () => {
  using folder = makeFolder();
  lockReplacement(folder.cache);
  const soon = Date.now() / 1000 + 3_600;
  utimesSync(`${folder.cache}-replacing`, soon, soon);
  expect(lockReplacement(folder.cache)).toBeDefined();
});

test("removeDatabase() removes the file itself last", () => {
  using folder = makeFolder();
  using remove = spyOn(fs, "rmSync");
  removeDatabase(folder.cache);
  expect(remove.mock.calls.map(([path]) => String(path).slice(folder.cache.length)).at(-1)).toBe("");
  expect(remove.mock.calls).toHaveLength(4);
});

test("accessProblem() is why neither a file nor its folder can be written to", () => {
  using folder = makeFolder();
  expect(codeOf(accessProblem(folder.cache))).toBe("ENOENT");
  writeFileSync(folder.cache, "");
  expect(accessProblem(folder.cache)).toBeUndefined();
  mkdirSync(join(folder.path, "folder"));
  expect(codeOf(accessProblem(join(folder.cache, "x")))).toBe("ENOTDIR");
});
