import { describe, expect, test } from "bun:test";
import { RedisConnection } from "../../src/cache/redis/connection.ts";
import { CacheError } from "../../src/cache/store.ts";
import { PASS_MS, WAITING_MS } from "../../src/guard/relents.ts";
import { ServerMemory } from "../../src/guard/server-memory.ts";
import { storeKey } from "../../src/guard/store-key.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeRedisListener } from "../fake/redis-listener.ts";
import { redisCommand, startRedis } from "../fake/redis-server.ts";
import { sharedMemoryContract } from "./shared-memory-contract.ts";

const NOW = Date.UTC(2026, 10, 27);
const SHOWN = "redis://…@cache.example.test";

function openMemory(url: string) {
  const memory = new ServerMemory(new RedisConnection(url, SHOWN));
  return { memory, [Symbol.dispose]: () => memory.close() };
}

async function failuresOf({ memory }: ReturnType<typeof openMemory>): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const use of [() => memory.meet("p", ["s"], NOW), () => memory.givePass("p", NOW)]) {
    failures.push(
      await use().then(
        () => "no failure",
        (error: unknown) => (error instanceof CacheError ? error.message : `another error: ${error}`),
      ),
    );
  }
  return failures;
}

if (redisCommand !== null) {
  sharedMemoryContract("ServerMemory", async () => {
    const server = await startRedis();
    return {
      open: () => new ServerMemory(new RedisConnection(server.url, SHOWN)),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  });
}

describe.skipIf(redisCommand === null)("ServerMemory in a real server", () => {
  const [PASSES, SENDINGS] = ["smtpdcheck:2:passes", "smtpdcheck:2:sendings"] as const;

  test("shows nobody who writes to whom, and has the server forget in time", async () => {
    await using server = await startRedis();
    using opened = openMemory(server.url);
    const { memory } = opened;
    await memory.givePass("p client.test example.test", NOW);
    await memory.meet("p client.test example.test", ["s client.test news@client.test a@example.test"], NOW);
    expect(await server.command("ZRANGE", PASSES, "0", "-1")).toEqual([
      storeKey("p client.test example.test"),
    ]);
    expect(await server.command("ZRANGE", SENDINGS, "0", "-1")).toEqual([
      storeKey("s client.test news@client.test a@example.test"),
    ]);
    expect(await server.command("PTTL", PASSES)).toBeWithin(PASS_MS - 60_000, PASS_MS + 1);
    expect(await server.command("PTTL", SENDINGS)).toBeWithin(WAITING_MS - 60_000, WAITING_MS + 1);
  });

  test("counts what is no time of ours as never met, and as no pass what is none", async () => {
    await using server = await startRedis();
    using opened = openMemory(server.url);
    const { memory } = opened;
    await server.command("RPUSH", PASSES, "x");
    await server.command("SET", SENDINGS, "never");
    expect(await memory.meet("p", ["s"], NOW)).toEqual({ hasPass: false, firstMs: [NOW] });
    expect(await memory.meet("p", ["s"], NOW + 1)).toEqual({ hasPass: false, firstMs: [NOW] });
    await memory.givePass("p", NOW);
    expect(await memory.meet("p", [], NOW)).toEqual({ hasPass: true, firstMs: [] });
    await server.command("ZADD", SENDINGS, "-1", storeKey("minus"), "inf", storeKey("inf"));
    expect(await memory.meet("p", ["minus", "inf"], NOW)).toEqual({ hasPass: true, firstMs: [NOW, NOW] });
  });

  test("is bounded: the oldest go, but none younger than an hour", async () => {
    await using server = await startRedis();
    using connection = {
      memory: new ServerMemory(new RedisConnection(server.url, SHOWN), 3),
      [Symbol.dispose]() {},
    };
    const { memory } = connection;
    await memory.meet("p", ["a", "b", "c"], NOW);
    expect(await memory.meet("p", ["d"], NOW + 3_599_999)).toEqual({
      hasPass: false,
      firstMs: [NOW + 3_599_999],
    });
    expect(await server.command("ZSCORE", SENDINGS, storeKey("d"))).toBeNull();
    await memory.meet("p", ["d"], NOW + 3_600_000);
    expect(await server.command("ZCARD", SENDINGS)).toBe(3);
    expect(await memory.meet("p", ["d"], NOW + 3_600_001)).toEqual({
      hasPass: false,
      firstMs: [NOW + 3_600_000],
    });
    for (const pass of ["p", "q", "r", "s"]) await memory.givePass(pass, NOW);
    expect(await server.command("ZCARD", PASSES)).toBe(3);
    memory.close();
  });

  test("forgets what has expired by its own clock too, for a guard whose clock is ahead must not forget for the others", async () => {
    await using server = await startRedis();
    using opened = openMemory(server.url);
    const { memory } = opened;
    const nowMs = Date.now();
    await memory.meet("p", ["old"], nowMs - WAITING_MS - 60_000);
    await memory.meet("p", ["k"], nowMs);
    await memory.meet("p", ["ahead"], nowMs + 2 * WAITING_MS);
    expect(await memory.meet("p", ["k"], nowMs + 1)).toEqual({ hasPass: false, firstMs: [nowMs] });
    expect(await server.command("ZSCORE", SENDINGS, storeKey("old"))).toBeNull();
  });

  test("rejects when the server is gone, and its connection with it", async () => {
    await using server = await startRedis();
    using opened = openMemory(server.url);
    await opened.memory.meet("p", ["s"], NOW);
    await server.kill();
    const lost = `Cannot use the cache ${SHOWN}: cannot connect, or the connection was lost`;
    expect(await failuresOf(opened)).toEqual([lost, lost]);
  });

  test("rejects where it has no room", async () => {
    await using server = await startRedis(["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    using opened = openMemory(server.url);
    for (const failure of await failuresOf(opened))
      expect(failure).toStartWith(`Cannot use the cache ${SHOWN}: OOM `);
  });
});

describe("ServerMemory", () => {
  test("connects when it is first used", async () => {
    using server = fakeRedisListener({ EVAL: `*2\r\n$1\r\n1\r\n$13\r\n${NOW}\r\n` });
    using opened = openMemory(server.url);
    expect(server.commands).toEqual([]);
    expect(await opened.memory.meet("p", ["s"], NOW + 5)).toEqual({ hasPass: true, firstMs: [NOW] });
    expect(server.commands).toEqual(["HELLO", "EVAL"]);
  });

  test.each([
    ["a number", ":5\r\n"],
    ["a text", "$2\r\nhi\r\n"],
    ["nothing", "_\r\n"],
    ["an empty list", "*0\r\n"],
    ["a list that is too short", "*1\r\n$1\r\n0\r\n"],
    ["a list of numbers", "*3\r\n:1\r\n:5\r\n:6\r\n"],
    ["a list of lists", "*3\r\n*0\r\n*1\r\n$1\r\nx\r\n*0\r\n"],
    ["a list of nothing", "*3\r\n$-1\r\n$-1\r\n_\r\n"],
    ["a list of words", "*3\r\n$2\r\n11\r\n$3\r\nNaN\r\n$8\r\nInfinity\r\n"],
    ["a map", "%1\r\n$1\r\na\r\n$1\r\nb\r\n"],
  ])("takes %s for a store that knows nothing", async (_, reply) => {
    using server = fakeRedisListener({ EVAL: reply });
    using opened = openMemory(server.url);
    expect(await opened.memory.meet("p", ["s", "d"], NOW)).toEqual({ hasPass: false, firstMs: [NOW, NOW] });
  });

  test("rejects at once where nobody listens", async () => {
    using dead = refusedPort();
    using opened = openMemory(`redis://:secret@127.0.0.1:${dead.port}`);
    const lost = `Cannot use the cache ${SHOWN}: cannot connect, or the connection was lost`;
    expect(await failuresOf(opened)).toEqual([lost, lost]);
  });

  test("rejects after a quarter of a second where nobody answers", async () => {
    using server = fakeRedisListener({});
    using opened = openMemory(server.url);
    const startedAtMs = performance.now();
    const [failure] = await failuresOf(opened);
    expect(failure).toBe(`Cannot use the cache ${SHOWN}: it took longer than 250 ms`);
    expect(performance.now() - startedAtMs).toBeWithin(245, 2_000);
  });

  test("rejects for what the server refuses", async () => {
    using server = fakeRedisListener({
      EVAL: "-NOPERM this user has no permissions to run the 'eval' command\r\n",
    });
    using opened = openMemory(server.url);
    expect(await failuresOf(opened)).toEqual([
      `Cannot use the cache ${SHOWN}: NOPERM this user has no permissions to run the 'eval' command`,
      `Cannot use the cache ${SHOWN}: NOPERM this user has no permissions to run the 'eval' command`,
    ]);
  });
});
