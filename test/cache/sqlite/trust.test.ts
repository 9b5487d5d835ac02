import { describe, expect, spyOn, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { distrust, realFolderOf } from "../../../src/cache/sqlite/trust.ts";
import { makeFolder } from "./fixtures.ts";

describe.each(["", "-journal", "-wal", "-shm"])(
  "distrust() of what has %p behind the name of a cache",
  (end) => {
    const made = (mode: number) => {
      const folder = makeFolder();
      const path = `${folder.cache}${end}`;
      writeFileSync(path, "x");
      chmodSync(path, mode);
      const of = (reason: string) => (end === "" ? reason : `${path}: ${reason}`);
      return { folder, path, of, [Symbol.dispose]: () => folder[Symbol.dispose]() };
    };

    test.each([0o600, 0o644, 0o755, 0])("has no reason with mode 0%o", (mode) => {
      using file = made(mode);
      expect(distrust(file.folder.cache)).toBeUndefined();
    });

    test.each([0o620, 0o602, 0o666])("is that others may write it with mode 0%o", (mode) => {
      using file = made(mode);
      expect(distrust(file.folder.cache)).toBe(file.of("others may write it, so that it is not believed"));
    });

    test("is that it belongs to another user, be that root or asked by root", () => {
      using file = made(0o600);
      using _user = spyOn(process, "geteuid").mockReturnValue((process.geteuid?.() ?? 0) + 1);
      expect(distrust(file.folder.cache)).toBe(file.of("it belongs to another user, and is not believed"));
    });

    test("is that it is a link, or no file", () => {
      using links = makeFolder();
      symlinkSync("/dev/null", `${links.cache}${end}`);
      expect(distrust(links.cache)).toEndWith("a symbolic link, which is neither followed nor replaced");
      using folders = makeFolder();
      mkdirSync(`${folders.cache}${end}`);
      expect(distrust(folders.cache)).toEndWith("not a regular file");
    });
  },
);

test("realFolderOf() follows links in the folder, and not the last step", () => {
  using folder = makeFolder();
  const link = join(folder.path, "link");
  symlinkSync(folder.path, link);
  expect(realFolderOf(join(link, "link"))).toBe(link);
  expect(realFolderOf(join(folder.path, "missing/cache.db"))).toBe(join(folder.path, "missing/cache.db"));
});
