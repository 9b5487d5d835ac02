import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { fill, makeFolder } from "../cache/sqlite/fixtures.ts";
import { blackhole } from "../fake/dead-port.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { fakeRedisListener } from "../fake/redis-listener.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Entry } from "../fake/zone.ts";
import { compiled, PATIENCE_MS, projectFolder, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

function manyServers(count: number) {
  const servers = Array.from({ length: count }, (_, at) =>
    fakeSmtpServer(GREETS, { hostname: `127.21.${at >> 7}.${1 + (at & 127)}` }),
  );
  const stdin = servers.map(({ hostname, port }) => `${hostname}:${port}`).join("\n");
  return {
    stdin,
    [Symbol.dispose]() {
      for (const server of servers) server[Symbol.dispose]();
    },
  };
}

describe("smtpdcheck compiled with few descriptors finds that all servers are up,", () => {
  test.each([
    [60, 64, []],
    [20, 24, []],
    [20, 14, []],
    [60, 64, ["--cache"]],
    [20, 24, ["--cache"]],
    [20, 14, ["--cache"]],
    [300, 320, ["--cache"]],
  ])("%d of them with a limit of %d, %p", async (count, limit, options) => {
    using servers = manyServers(count);
    using folder = makeFolder();
    const words = options.flatMap((option) => [option, join(folder.path, "cache")]);
    const under = ["prlimit", `--nofile=${limit}`];
    const args = ["--require", "all", "--servers-from", "-", ...words];
    const { stdin } = servers;
    expect(await run(compiled, args, { under, stdin })).toMatchObject({
      status: 0,
      stdout: "127.21.0.1\n",
    });
  });
});

describe("a cache costs no answer with few descriptors:", () => {
  const caches = [
    ["a file", () => ({ url: "", [Symbol.dispose]() {} })],
    ["a Redis server", () => fakeRedisListener({ MGET: "*1\r\n$-1\r\n", EVAL: "(owner)", SET: "+OK\r\n" })],
  ] as const;
  const limits = [7, 8, 10, 14, 15, 16, 20, 24];

  async function ask(
    open: (typeof caches)[number][1],
    limit: number,
    servers: readonly string[],
    ...words: string[]
  ) {
    using folder = makeFolder();
    using server = open();
    const args = ["--require", "all", "--cache", server.url || folder.cache, ...words, ...servers];
    const { status, stdout } = await run(compiled, args, { under: ["prlimit", `--nofile=${limit}`] });
    return { limit, status, stdout };
  }

  test.each(caches)("%s, and one server by a name", async (_, open) => {
    using server = fakeSmtpServer(GREETS);
    for (const limit of [6, ...limits]) {
      const asked = await ask(open, limit, [`localhost:${server.port}`], "-4");
      expect(asked).toEqual({ limit, status: 0, stdout: "localhost\n" });
    }
  });

  test.each(caches)("%s, and twenty by addresses", async (_, open) => {
    using servers = manyServers(20);
    for (const limit of limits) {
      const asked = await ask(open, limit, servers.stdin.split("\n"));
      expect(asked).toEqual({ limit, status: 0, stdout: "127.21.0.1\n" });
    }
  });

  test.each(caches)("%s, and twenty by names that are looked up", async (_, open) => {
    using servers = manyServers(20);
    const endpoints = servers.stdin.split("\n").map((text) => text.split(":"));
    const zone = Object.fromEntries<Entry>(
      endpoints.map(([address = ""], at) => [`mx${at}.test`, { A: [address] }]),
    );
    using names = await fakeNameServer(zone);
    const list = endpoints.map(([, port], at) => `mx${at}.test:${port}`);
    for (const limit of limits) {
      const asked = await ask(open, limit, list, "--dns", names.address);
      expect(asked).toEqual({ limit, status: 0, stdout: "mx0.test\n" });
    }
  });
});

test("a process has one cache file open, however many questions it asks at once, and none after close()", async () => {
  using servers = manyServers(60);
  using folder = makeFolder();
  const path = join(folder.path, "cache");
  await fill(path, 1);
  const code = `
    import { readdirSync, readlinkSync } from "node:fs";
    import { check, openCache } from "${projectFolder}/index.ts";
    const openFiles = () => readdirSync("/proc/self/fd").flatMap((fd) => {
      try { return [readlinkSync("/proc/self/fd/" + fd)]; } catch { return []; }
    }).filter((file) => file.startsWith(${JSON.stringify(path)}));
    const cache = openCache(${JSON.stringify(path)}, { warn: console.log });
    await check(${JSON.stringify(servers.stdin.split("\n"))}, { cache, until: "settled" });
    const open = openFiles();
    await cache.close();
    console.log(JSON.stringify([new Set(open).size === open.length, openFiles()]));`;
  const program = { name: "library", argv: [process.execPath, "-e", code] };
  expect(await run(program, [])).toEqual({ status: 0, stdout: "[true,[]]\n", stderr: "" });
});

test.concurrent.each([
  [40, 60],
  [24, 22],
  [14, 3],
])(
  "smtpdcheck compiled with a limit of %d finds the one that is up behind %d that swallow packets",
  async (limit, count) => {
    const dead = Array.from({ length: count }, (_, at) => blackhole(`127.22.0.${at + 1}`));
    using up = fakeSmtpServer(GREETS);
    const servers = [...dead, up].map(({ hostname, port }) => `${hostname}:${port}`);
    const under = ["prlimit", `--nofile=${limit}`];
    const args = ["--require", "any", "--format", "json", "--timeout", "0.4", ...servers];
    try {
      const { status, stdout } = await run(compiled, args, { under });
      const { servers: reports } = JSON.parse(stdout);
      expect([status, reports.at(-1).reason]).toEqual([0, "greeted"]);
      expect(new Set(reports.slice(0, -1).map(({ reason }: { reason: string }) => reason))).toEqual(
        new Set(["timed-out"]),
      );
    } finally {
      for (const each of dead) each[Symbol.dispose]();
    }
  },
);
