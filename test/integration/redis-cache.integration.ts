import { describe, expect, test } from "bun:test";
import { Cache } from "../../src/cache/cache.ts";
import { parseLocation } from "../../src/cache/location.ts";
import { openStore } from "../../src/cache/open-cache.ts";
import { RedisStore } from "../../src/cache/redis/store.ts";
import { asked, heldProbe, kept, probed, question } from "../cache/cache-fixtures.ts";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import { type Place, storeContract } from "../cache/store-contract.ts";
import { type RedisServer, redisCommand, startRedis } from "../fake/redis-server.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { bundleAsker, startAsker } from "./asker.ts";

const KEPT_KEY = "smtpdcheck:2:kept:25:any:mx1.example.test";
const LEASE_KEY = "smtpdcheck:2:lease:25:any:mx1.example.test";

if (redisCommand !== null) {
  storeContract("RedisStore over TCP", () => makePlace(({ url }) => url));
  storeContract("RedisStore over a socket", () => makePlace(({ socket }) => `redis+unix://${socket}`));
  storeContract("RedisStore with a password and a database", () =>
    makePlace(({ url }) => url.replace("redis:", "valkey:").concat("/3"), "p@ss:w/rd"),
  );
  describe("RedisStore", testStore);
  describe("a Cache over Redis", testCache);
} else if (process.env["CI"] === "true") {
  test("a Redis or Valkey server is installed, under CI", () => expect(redisCommand).not.toBeNull());
} else {
  console.warn("Neither redis-server nor valkey-server is installed: tests skipped");
  test.skip("a Redis or Valkey server is installed", () => {});
}

async function makePlace(locate: (server: RedisServer) => string, password = ""): Promise<Place> {
  const server = await startRedis(password === "" ? [] : ["--requirepass", password], password);
  const location = parseLocation(locate(server));
  if (location.kind !== "server") throw new Error("A Redis URL names a server");
  return {
    open: () => new RedisStore(location.url, location.shown),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function testStore(): void {
  test("keeps for as long as the outcome is good, and leases for as long as was said", async () => {
    await using server = await startRedis();
    const store = new RedisStore(server.url, server.url);
    await store.put(kept());
    expect(Number(await server.command("PTTL", KEPT_KEY))).toBeWithin(59_000, 60_001);
    await store.claim(question, "one", 1_000);
    expect(Number(await server.command("PTTL", LEASE_KEY))).toBeWithin(900, 1_001);
    store.close();
  });

  test("takes values of other types for nothing, and writes over them", async () => {
    await using server = await startRedis();
    const store = new RedisStore(server.url, server.url);
    await server.command("LPUSH", KEPT_KEY, "x");
    await server.command("LPUSH", LEASE_KEY, "x");
    await server.command("SET", "smtpdcheck:2:kept:nonsense", "x");
    expect(await store.get(question)).toBeNull();
    expect(await store.list()).toEqual([]);
    await store.release(question, "one");
    expect(await store.claim(question, "one", 1_000)).toBe("one");
    await store.put(kept());
    expect(await store.get(question)).not.toBeNull();
    expect(await store.clear([])).toBe(1);
    expect(await server.command("EXISTS", "smtpdcheck:2:kept:nonsense")).toBe(1);
    store.close();
  });

  test("does not believe in a lease without an end", async () => {
    await using server = await startRedis();
    const store = new RedisStore(server.url, server.url);
    await server.command("SET", LEASE_KEY, "somebody");
    expect(await store.claim(question, "one", 1_000)).toBe("one");
    await server.command("SET", LEASE_KEY, "somebody", "PX", "3600000");
    expect(await store.claim(question, "one", 1_000)).toBe("one");
    store.close();
  });

  test("lists and clears nothing but its own", async () => {
    await using server = await startRedis();
    const store = new RedisStore(server.url, server.url);
    for (let at = 0; at < 2_000; at += 1) await server.command("SET", `other:${at}`, "x");
    await store.put(kept());
    expect(await store.list()).toHaveLength(1);
    expect(await store.clear([])).toBe(1);
    expect(await server.command("DBSIZE")).toBe(2_000);
    store.close();
  }, 20_000);
}

function testCache(): void {
  const cacheAt = (url: string) => {
    const warnings: string[] = [];
    const cache = new Cache((warn) => openStore(parseLocation(url), warn), {
      warn: (message) => void warnings.push(message),
    });
    return { cache, warnings };
  };
  const fresh = { ...probed(), cachedAtMs: null };

  test("answers from what another kept", async () => {
    await using server = await startRedis();
    const [one, two] = [cacheAt(server.url), cacheAt(server.url)];
    expect(await one.cache.answer(asked())).toEqual(fresh);
    expect((await two.cache.answer(asked())).cachedAtMs).not.toBeNull();
    expect([...one.warnings, ...two.warnings]).toEqual([]);
    await Promise.all([one.cache.close(), two.cache.close()]);
  });

  test("warns once of a wrong password, and does not tell it", async () => {
    await using server = await startRedis(["--requirepass", "right"], "right");
    for (const url of [server.url.replace("right", "wrong-one"), server.url.replace(":right@", "")]) {
      const { cache, warnings } = cacheAt(url);
      expect(await cache.answer(asked())).toEqual(fresh);
      expect(await cache.answer(asked())).toEqual(fresh);
      expect(warnings).toEqual([
        `Cannot use the cache ${url.replace(":wrong-one", "…")}: the user or the password is wrong or missing; probing without it`,
      ]);
    }
  });

  test("probes when the server is full, and still answers from what it holds", async () => {
    await using server = await startRedis(["--maxmemory-policy", "noeviction"]);
    const before = cacheAt(server.url);
    await before.cache.answer(asked());
    await server.command("CONFIG", "SET", "maxmemory", "1");
    const { cache, warnings } = cacheAt(server.url);
    expect((await cache.answer(asked())).cachedAtMs).not.toBeNull();
    expect(await cache.answer(asked({ question: { ...question, port: 26 } }))).toEqual(fresh);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("OOM command not allowed");
    await before.cache.close();
  });

  test("goes on when the server is killed while it probes", async () => {
    await using server = await startRedis();
    const { cache, warnings } = cacheAt(server.url);
    const held = heldProbe();
    const answer = cache.answer(asked({ probe: held.probe }));
    while (held.calls === 0) await Bun.sleep(1);
    await server.kill();
    while (warnings.length === 0) await Bun.sleep(1);
    held.settle(probed());
    expect(await answer).toEqual(fresh);
    expect(await cache.answer(asked())).toEqual(fresh);
    expect(warnings).toEqual([
      `Cannot use the cache ${server.url}: cannot connect, or the connection was lost; probing without it`,
    ]);
  });

  test("probes when the server hangs, after a quarter of a second", async () => {
    await using server = await startRedis();
    const { cache, warnings } = cacheAt(server.url);
    await cache.answer(asked());
    process.kill(server.pid, "SIGSTOP");
    const startedAtMs = performance.now();
    expect(await cache.answer(asked())).toEqual(fresh);
    expect(performance.now() - startedAtMs).toBeWithin(245, 1_000);
    expect(warnings).toEqual([
      `Cannot use the cache ${server.url}: it took longer than 250 ms; probing without it`,
    ]);
  });

  test("shared by many processes opens about one connection to a silent server", async () => {
    await using redis = await startRedis();
    using server = fakeSmtpServer("");
    using folder = makeFolder();
    const program = await bundleAsker(folder.path);
    const askers = Array.from({ length: 60 }, () => startAsker(program, redis.url, server.port, 2_000));
    const all = await Promise.all(askers.map(({ told }) => told));
    expect(server.connectionCount).toBeWithin(1, 4);
    expect(new Set(all.map(({ outcome }) => outcome.kind))).toEqual(new Set(["timed-out"]));
    expect(all.flatMap(({ warnings }) => warnings)).toEqual([]);
  }, 60_000);

  test("passes to another process when the one that probes is killed", async () => {
    await using redis = await startRedis();
    using server = fakeSmtpServer("");
    using folder = makeFolder();
    const program = await bundleAsker(folder.path);
    const first = startAsker(program, redis.url, server.port, 20_000);
    await first.probing;
    const second = startAsker(program, redis.url, server.port, 20_000);
    first.kill();
    await second.probing;
    expect(server.connectionCount).toBeLessThanOrEqual(2);
    second.kill();
  }, 60_000);
}
