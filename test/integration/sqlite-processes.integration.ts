import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fill, makeFolder } from "../cache/sqlite/fixtures.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { bundleAsker, startAsker } from "./asker.ts";

const home = makeFolder();
chmodSync(home.path, 0o755);
afterAll(() => home[Symbol.dispose]());
const program = await bundleAsker(home.path);

const isRoot = process.getuid?.() === 0;
const isCi = process.env["CI"] === "true";
const GREETING = "S: 220 mx.example.test\n(close)";

describe("many processes with one cache file", () => {
  test("that ask at once about a silent server open about one connection to it", async () => {
    using folder = makeFolder();
    using server = fakeSmtpServer("");
    const askers = Array.from({ length: 100 }, () => startAsker(program, folder.cache, server.port, 3_000));
    const all = await Promise.all(askers.map(({ told }) => told));
    expect(server.connectionCount).toBeWithin(1, 4);
    expect(new Set(all.map(({ outcome }) => outcome.kind))).toEqual(new Set(["timed-out"]));
    expect(all.flatMap(({ warnings }) => warnings)).toEqual([]);
    expect(all.filter(({ isCached }) => isCached).length).toBeGreaterThan(50);
  }, 60_000);

  test("that ask about a server that is up wait for nobody", async () => {
    using folder = makeFolder();
    using server = fakeSmtpServer(GREETING);
    const askers = Array.from({ length: 40 }, () => startAsker(program, folder.cache, server.port, 10_000));
    const all = await Promise.all(askers.map(({ told }) => told));
    expect(server.connectionCount).toBeWithin(1, 4);
    expect(new Set(all.map(({ outcome }) => outcome.kind))).toEqual(new Set(["greeted"]));
    expect(Math.max(...all.map(({ elapsedMs }) => elapsedMs))).toBeLessThan(5_000);
  }, 60_000);

  test("go on when the one that probes is killed: within its lease one of them takes over", async () => {
    using folder = makeFolder();
    using server = fakeSmtpServer("");
    const first = startAsker(program, folder.cache, server.port, 20_000);
    await first.probing;
    const others = Array.from({ length: 10 }, () => startAsker(program, folder.cache, server.port, 20_000));
    await Promise.race([Bun.sleep(1_500), ...others.map(({ probing }) => probing)]);
    expect(server.connectionCount).toBe(1);
    first.kill();
    const killedAtMs = performance.now();
    await Promise.race(others.map(({ probing }) => probing));
    expect(performance.now() - killedAtMs).toBeLessThan(2_000);
    expect(server.connectionCount).toBeLessThanOrEqual(2);
    for (const { kill } of others) kill();
  }, 60_000);

  test("replace a damaged file once, and all get their answer", async () => {
    using folder = makeFolder();
    await fill(folder.cache);
    writeFileSync(folder.cache, readFileSync(folder.cache).fill(0xa5, 100));
    using server = fakeSmtpServer(GREETING);
    const askers = Array.from({ length: 40 }, () => startAsker(program, folder.cache, server.port, 10_000));
    const all = await Promise.all(askers.map(({ told }) => told));
    expect(new Set(all.map(({ outcome }) => outcome.kind))).toEqual(new Set(["greeted"]));
    expect(all.flatMap(({ warnings }) => warnings)).toEqual([
      `The cache ${folder.cache} was damaged, and has been replaced`,
    ]);
    expect(server.connectionCount).toBeWithin(1, 4);
    expect(folder.names()).toEqual(["cache.db"]);
  }, 60_000);
});

describe("a cache file that cannot be used costs one warning, not the answer:", () => {
  const ask = async (path: string, under: readonly string[] = []) => {
    using server = fakeSmtpServer(GREETING);
    const { outcome, isCached, warnings } = await startAsker(program, path, server.port, 10_000, under).told;
    expect(outcome.kind).toBe("greeted");
    expect(isCached).toBe(false);
    return warnings;
  };
  const warningOf = (path: string, why: string) => [
    `Cannot use the cache ${path}: ${why}; probing without it`,
  ];
  const giveToNobody = (path: string) => {
    if (isRoot) chownSync(path, 65_534, 65_534);
  };
  const asNobody = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];

  test("a file that may only be read", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    giveToNobody(folder.cache);
    chmodSync(folder.cache, 0o444);
    chmodSync(folder.path, 0o555);
    expect(await ask(folder.cache, asNobody)).toEqual(warningOf(folder.cache, "read-only"));
    chmodSync(folder.path, 0o755);
  });

  test("a file that may not be read", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    giveToNobody(folder.cache);
    chmodSync(folder.cache, 0);
    chmodSync(folder.path, 0o755);
    expect(await ask(folder.cache, asNobody)).toEqual(warningOf(folder.cache, "permission denied"));
  });

  test.skipIf(!isRoot)("a file of another user", async () => {
    using folder = makeFolder();
    await fill(folder.cache, 1);
    giveToNobody(folder.cache);
    expect(await ask(folder.cache)).toEqual(
      warningOf(folder.cache, "it belongs to another user, and is not believed"),
    );
  });

  test("a folder in which nothing can be made", async () => {
    using folder = makeFolder();
    chmodSync(folder.path, 0o555);
    expect(await ask(folder.cache, asNobody)).toEqual(warningOf(folder.cache, "permission denied"));
    const deep = join(folder.path, "a/b/cache.db");
    expect(await ask(deep, asNobody)).toEqual(warningOf(deep, "permission denied"));
    chmodSync(folder.path, 0o755);
  });

  test("a read-only file system", async () => {
    using disk = mount("1m");
    if (disk === undefined) return;
    await fill(disk.cache, 1);
    disk.remount("ro");
    const missing = join(disk.path, "missing.db");
    expect(await ask(disk.cache)).toEqual(warningOf(disk.cache, "read-only"));
    expect(await ask(missing)).toEqual(warningOf(missing, "read-only"));
  });

  test("a full disk", async () => {
    using disk = mount("128k");
    if (disk === undefined) return;
    const full = "no room on the disk";
    const existing = join(home.path, "filled.db");
    await fill(existing, 1);
    copyFileSync(existing, disk.cache);
    Bun.spawnSync(["dd", "if=/dev/zero", `of=${join(disk.path, "rest")}`], { stderr: "ignore" });
    const missing = join(disk.path, "missing.db");
    expect(await ask(disk.cache)).toEqual(warningOf(disk.cache, full));
    expect(await ask(missing)).toEqual(warningOf(missing, full));
  });
});

/** Mounts a small file system in memory, for root; undefined, with a message, where that cannot be done. */
function mount(size: string) {
  const folder = makeFolder();
  const path = join(folder.path, "disk");
  mkdirSync(path);
  const run = (...command: string[]) => Bun.spawnSync(command, { stderr: "ignore" }).exitCode === 0;
  if (!run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path)) {
    folder[Symbol.dispose]();
    if (isCi) throw new Error("Cannot mount a file system, which this test needs root for: under CI it must");
    console.warn("Cannot mount a file system without root: test skipped");
    return undefined;
  }
  return {
    path,
    cache: join(path, "cache.db"),
    remount: (mode: "ro" | "rw") => run("mount", "-o", `remount,${mode}`, path),
    [Symbol.dispose]() {
      run("umount", "--lazy", path);
      folder[Symbol.dispose]();
    },
  };
}
