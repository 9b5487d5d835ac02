import { expect, test } from "bun:test";
import { RedisConnection } from "../../../src/cache/redis/connection.ts";
import { CacheError } from "../../../src/cache/store.ts";
import { takeBackDescriptors } from "../../../src/limits/descriptors.ts";
import { fakeRedisListener } from "../../fake/redis-listener.ts";

const LOST = "Cannot use the cache there: cannot connect, or the connection was lost";

function connect(url: string) {
  const connection = new RedisConnection(url, "there");
  return { connection, [Symbol.dispose]: () => connection.close() };
}

function failureOf(operation: Promise<unknown>): Promise<string> {
  return operation.then(
    () => "no failure",
    (error: unknown) => (error instanceof CacheError ? error.message : `another error: ${error}`),
  );
}

test("send() connects for the first command, and resolves to the reply", async () => {
  using server = fakeRedisListener({ GET: "$2\r\nhi\r\n", PING: "+PONG\r\n" });
  using opened = connect(server.url);
  expect(server.commands).toEqual([]);
  expect(await opened.connection.send("GET", "a")).toBe("hi");
  expect(await opened.connection.send("PING")).toBe("PONG");
  expect(server.commands).toEqual(["HELLO", "GET", "PING"]);
});

test("send() does not connect again once the connection is lost", async () => {
  using server = fakeRedisListener({ GET: "(close)", PING: "+PONG\r\n" });
  using opened = connect(server.url);
  expect(await failureOf(opened.connection.send("GET", "a"))).toBe(LOST);
  expect(await failureOf(opened.connection.send("PING"))).toBe(LOST);
  expect(server.commands).toEqual(["HELLO", "GET"]);
});

test("send() gives up after a quarter of a second, and closes", async () => {
  using server = fakeRedisListener({ PING: "+PONG\r\n" });
  using opened = connect(server.url);
  const startedAtMs = performance.now();
  expect(await failureOf(opened.connection.send("GET", "a"))).toBe(
    "Cannot use the cache there: it took longer than 250 ms",
  );
  expect(performance.now() - startedAtMs).toBeWithin(245, 1_000);
  expect(await failureOf(opened.connection.send("PING"))).toBe(LOST);
});

test("send() goes on after a refusal of the server's", async () => {
  using server = fakeRedisListener({ GET: "-OOM no room\r\n", PING: "+PONG\r\n" });
  using opened = connect(server.url);
  expect(await failureOf(opened.connection.send("GET", "a"))).toBe("Cannot use the cache there: OOM no room");
  expect(await opened.connection.send("PING")).toBe("PONG");
});

test.each([
  ["-WRONGPASS invalid username-password pair\r\n", "the user or the password is wrong or missing"],
  [
    "-NOAUTH HELLO must be called with the client already authenticated\r\n",
    "the user or the password is wrong or missing",
  ],
  ["-ERR invalid password\r\n", "the user or the password is wrong or missing"],
  ["-ERR AUTH <password> called without any password\r\n", "the user or the password is wrong or missing"],
  [
    "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `me`, `secret`, \r\n",
    "the server is too old: want Redis 6 or Valkey",
  ],
  ["-NOPROTO unsupported protocol version\r\n", "the server is too old: want Redis 6 or Valkey"],
  ["-LOADING secret is loading\r\n", "the login failed with LOADING"],
  ["-FOO AUTH secret\r\n", "the login failed with FOO"],
  ["-secret AUTH\r\n", "the server does not speak Redis"],
  ["$4\r\nAUTH\r\n", "the server does not speak Redis"],
  ["*2\r\n+AUTH\r\n+secret\r\n", "the server does not speak Redis"],
  ["220 mx.example.test ESMTP AUTH\r\n", "the server does not speak Redis"],
])(
  "send() tells of a login that is answered with %j what it means, and nothing secret",
  async (reply, why) => {
    using server = fakeRedisListener({ HELLO: reply });
    using opened = connect(server.url.replace("//", "//me:secret@"));
    expect(await failureOf(opened.connection.send("GET", "a"))).toBe(`Cannot use the cache there: ${why}`);
  },
);

test("send() shortens and cleans a server's message", async () => {
  using server = fakeRedisListener({ GET: `-ERR \u001b[31m${"x".repeat(1_000)}\r\n` });
  using opened = connect(server.url);
  const failure = await failureOf(opened.connection.send("GET", "a"));
  expect(failure).toStartWith("Cannot use the cache there: ERR \\x1b[31mxxx");
  expect(failure.length).toBeLessThan(250);
});

test.each([
  ["an HTTP server", { HELLO: "HTTP/1.1 400 Bad Request\r\n\r\n" }],
  ["no reply type", { GET: "?what\r\n" }],
  ["an impossible length", { GET: "$99999999999\r\nx" }],
  ["a bottomless array", { GET: "*1\r\n".repeat(100_000) }],
])("send() does not mistake %s for Redis", async (_, replies) => {
  using server = fakeRedisListener(replies);
  using opened = connect(server.url);
  expect([LOST, "Cannot use the cache there: the server does not speak Redis"]).toContain(
    await failureOf(opened.connection.send("GET", "a")),
  );
});

test("close() may be called at any time, and again", async () => {
  using server = fakeRedisListener({});
  using opened = connect(server.url);
  opened.connection.close();
  const sent = failureOf(opened.connection.send("GET", "a"));
  opened.connection.close();
  opened.connection.close();
  expect(await sent).toBe(LOST);
});

test("send() connects again after its descriptor was taken back, and says so to what was under way", async () => {
  using server = fakeRedisListener({ PING: "+PONG\r\n" });
  using opened = connect(server.url);
  expect(await opened.connection.send("PING")).toBe("PONG");
  const sent = failureOf(opened.connection.send("GET", "a"));
  expect(takeBackDescriptors()).toBe(true);
  expect(takeBackDescriptors()).toBe(false);
  expect(await sent).toBe("Cannot use the cache there: a server needed its descriptor");
  expect(await opened.connection.send("PING")).toBe("PONG");
  expect(server.commands.filter((command) => command === "HELLO")).toHaveLength(2);
  opened.connection.close();
  expect(takeBackDescriptors()).toBe(false);
});
