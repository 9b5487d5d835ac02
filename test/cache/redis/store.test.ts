import { describe, expect, test } from "bun:test";
import { openCache } from "../../../src/cache/open-cache.ts";
import { RedisStore } from "../../../src/cache/redis/store.ts";
import { CacheError, type CacheStore } from "../../../src/cache/store.ts";
import { refusedPort } from "../../fake/dead-port.ts";
import { fakeRedisListener } from "../../fake/redis-listener.ts";
import { redisCommand, startRedis } from "../../fake/redis-server.ts";
import { asked, kept, probed, question } from "../cache-fixtures.ts";

const SHOWN = "redis://…@cache.example.test";

function openStore(url: string) {
  const store = new RedisStore(url, SHOWN);
  return { store, [Symbol.dispose]: () => store.close() };
}

function operationsOf(store: CacheStore): readonly (() => Promise<unknown>)[] {
  return [
    () => store.get(question),
    () => store.put(kept()),
    () => store.claim(question, "one", 1_000),
    () => store.release(question, "one"),
    () => store.list(),
    () => store.clear([]),
  ];
}

async function failureOf(operation: () => Promise<unknown>): Promise<string> {
  const error = await operation().then(
    () => new Error("no failure"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CacheError);
  const message = error instanceof Error ? error.message : "";
  expect(message).toStartWith(`Cannot use the cache ${SHOWN}: `);
  return message.slice(`Cannot use the cache ${SHOWN}: `.length);
}

test("a server that refuses fails every operation at once", async () => {
  using dead = refusedPort();
  using opened = openStore(`redis://:secret@127.0.0.1:${dead.port}`);
  const startedAtMs = performance.now();
  for (const operation of operationsOf(opened.store)) {
    expect(await failureOf(operation)).toBe("cannot connect, or the connection was lost");
  }
  expect(performance.now() - startedAtMs).toBeLessThan(200);
});

test("a name that is not there and a socket that is not there fail at once", async () => {
  for (const url of ["redis://cache.invalid", "redis+unix://localhost/nowhere/redis.sock"]) {
    using opened = openStore(url);
    expect(await failureOf(() => opened.store.get(question))).toBe(
      "cannot connect, or the connection was lost",
    );
  }
});

test.each(["(nothing)", "HELLO"])(
  "a server that is silent after %s is given a quarter of a second",
  async (last) => {
    using server = fakeRedisListener(last === "HELLO" ? {} : { HELLO: "" });
    using opened = openStore(server.url);
    const startedAtMs = performance.now();
    expect(await failureOf(() => opened.store.claim(question, "one", 1_000))).toBe(
      "it took longer than 250 ms",
    );
    expect(performance.now() - startedAtMs).toBeWithin(245, 1_000);
    expect(await failureOf(() => opened.store.get(question))).toBe(
      "cannot connect, or the connection was lost",
    );
  },
);

test("a server that closes in the middle fails what was asked, and what is asked later", async () => {
  using server = fakeRedisListener({ MGET: "(close)" });
  using opened = openStore(server.url);
  for (const operation of operationsOf(opened.store)) {
    expect(await failureOf(operation)).toBe("cannot connect, or the connection was lost");
  }
  expect(server.commands).toEqual(["HELLO", "MGET"]);
});

test.each([
  ["a number", ":5\r\n"],
  ["a text", "$2\r\nhi\r\n"],
  ["nothing", "_\r\n"],
  ["an empty list", "*0\r\n"],
  ["numbers", "*1\r\n:5\r\n"],
  ["a list of lists", "*1\r\n*1\r\n$1\r\nx\r\n"],
  ["a map", "%1\r\n$1\r\na\r\n$1\r\nb\r\n"],
  ["text that is no JSON", "*1\r\n$1\r\n{\r\n"],
  ["octets that are no text", "*1\r\n$2\r\n\xff\xfe\r\n"],
  ["JSON that is no entry", "*1\r\n$2\r\n{}\r\n"],
])("a reply that is %s is a miss", async (_, reply) => {
  using server = fakeRedisListener({ MGET: reply });
  using opened = openStore(server.url);
  expect(await opened.store.get(question)).toBeNull();
});

test("an answer to another question is a miss", async () => {
  const value = JSON.stringify(kept({ question: { ...question, port: 26 } }));
  using server = fakeRedisListener({ MGET: `*1\r\n$${value.length}\r\n${value}\r\n` });
  using opened = openStore(server.url);
  expect(await opened.store.get(question)).toBeNull();
  expect(await opened.store.get({ ...question, port: 26 })).not.toBeNull();
});

test("nothing is connected to before the first question, or after close()", async () => {
  using server = fakeRedisListener({});
  using opened = openStore(server.url);
  opened.store.close();
  opened.store.close();
  expect(server.commands).toEqual([]);
});

const ALL = { MGET: "*1\r\n$-1\r\n", EVAL: "(owner)", SET: "+OK\r\n" };

test.each([
  [100, true],
  [20, false],
])("a server with %d ms a reply costs no more than 250 ms, or is warned of", async (delayMs, isTooSlow) => {
  using server = fakeRedisListener(ALL, delayMs);
  const warnings: string[] = [];
  const cache = openCache(server.url, { warn: (message) => void warnings.push(message) });
  const startedAtMs = performance.now();
  expect(await cache.answer(asked())).toEqual({ ...probed(), cachedAtMs: null });
  const elapsedMs = performance.now() - startedAtMs;
  await cache.close();
  const warning = `Cannot use the cache ${server.url}: it took longer than 250 ms; probing without it`;
  if (isTooSlow) expect(warnings).toEqual([warning]);
  else if (warnings.length === 0) expect(elapsedMs).toBeLessThan(300);
});

test("a server is not held to its time while others are waited for", async () => {
  using server = fakeRedisListener({ ...ALL, EVAL: "$5\r\nother\r\n" }, 20);
  const warnings: string[] = [];
  const cache = openCache(server.url, { warn: (message) => void warnings.push(message) });
  await cache.answer(asked({ limitMs: 800 }));
  await cache.close();
  expect(warnings).toEqual([]);
});

test("what the server has not forgotten though it has expired is a miss, and what has expired is not sent", async () => {
  const past = Date.now() - 1_000;
  const expired = kept({ checkedAtMs: past - 1_000, expiresAtMs: past });
  const value = JSON.stringify(expired);
  using server = fakeRedisListener({ MGET: `*1\r\n$${value.length}\r\n${value}\r\n` });
  using opened = openStore(server.url);
  await opened.store.put(expired);
  expect(await opened.store.get(question)).toBeNull();
  expect(server.commands).toEqual(["HELLO", "MGET"]);
});

test("close() ends the connection", async () => {
  using server = fakeRedisListener({ MGET: "*1\r\n$-1\r\n" });
  using opened = openStore(server.url);
  await opened.store.get(question);
  opened.store.close();
  expect(await failureOf(() => opened.store.get(question))).toBe(
    "cannot connect, or the connection was lost",
  );
  expect(server.commands).toEqual(["HELLO", "MGET"]);
});

describe.skipIf(redisCommand === null)("a lease in a real server", () => {
  const LEASE = "smtpdcheck:2:lease:25:any:mx1.example.test";

  test.each([
    ["holds for its time", ["PX", "5000"], "somebody"],
    ["does not hold without an end", [], "one"],
    ["does not hold for longer than any is made", ["PX", "3600000"], "one"],
  ])("%s", async (_, time, holder) => {
    await using server = await startRedis();
    using opened = openStore(server.url);
    await server.command("SET", LEASE, "somebody", ...time);
    expect(await opened.store.claim(question, "one", 1_000)).toBe(holder);
  });
});
