import { afterEach, describe, expect, jest, test } from "bun:test";
import { check } from "../../src/check/check.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { zoneResolver } from "../fake/zone-resolver.ts";

afterEach(() => {
  jest.useRealTimers();
});

async function severalTurns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("check() ends", () => {
  test("with what it knew, and tells nothing of the others afterwards", async () => {
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.71" });
    using silent = fakeSmtpServer("", { hostname: "127.0.0.72", port: good.port });
    const told: string[] = [];
    const resolver = zoneResolver({ "slow.test": "silent" });
    const { servers } = await check("127.0.0.70 127.0.0.71 127.0.0.72 slow.test", {
      port: good.port,
      resolver,
      onSettled: ({ target, outcome }) => told.push(`${target.server} ${outcome.kind}`),
    });
    expect(await silent.ended()).toBe("");
    await severalTurns();
    expect(told).toEqual(["127.0.0.70 refused", "127.0.0.71 greeted"]);
    expect(servers.length).toBe(2);
  });

  test("and begins no connection afterwards: not to a host's next address", async () => {
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.71" });
    using silent = fakeSmtpServer("", { hostname: "127.0.0.72", port: good.port });
    using next = fakeSmtpServer("", { hostname: "127.0.0.73", port: good.port });
    const resolver = zoneResolver({ "two.test": ["127.0.0.72", "127.0.0.73"] });
    await check("127.0.0.70 127.0.0.71 two.test", { port: good.port, resolver });
    await silent.ended();
    await severalTurns();
    expect(await connectionsBefore(next)).toBe(0);
  });

  test.each([
    ["", []],
    [" with a stop host", ["192.0.2.9"]],
  ])("and begins no connection afterwards: not to servers that waited for a place%s", async (_, stop) => {
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.1.1" });
    const { port } = good;
    const hosts = Array.from({ length: 300 }, (_, at) => `127.0.${2 + (at >> 7)}.${1 + (at & 127)}`);
    const silent = hosts.map((hostname) => fakeSmtpServer("", { hostname, port }));
    try {
      await check(["127.0.0.70", "127.0.1.1", ...hosts], { port, stop });
      await severalTurns();
      const made = await Promise.all(silent.map(connectionsBefore));
      expect(made.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(256);
    } finally {
      for (const server of silent) server[Symbol.dispose]();
    }
  });

  test("and looks nothing up afterwards", async () => {
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.71" });
    const names = Array.from({ length: 600 }, (_, at) => `n${at}.test`);
    const resolver = zoneResolver(Object.fromEntries(names.map((name) => [name, "silent"])));
    await check(["127.0.0.71", ...names], { port: good.port, resolver });
    const asked = resolver.asked.length;
    await severalTurns();
    expect(resolver.asked.length).toBe(asked);
  });

  test("when a server has taken its time, and not before", async () => {
    using silent = fakeSmtpServer("");
    jest.useFakeTimers();
    const checking = check("127.0.0.1", { port: silent.port, timeoutMs: 5_000 });
    await connectionsBefore(silent);
    jest.advanceTimersByTime(4_999);
    expect(await Promise.race([checking, connectionsBefore(silent)])).toBe(1);
    jest.advanceTimersByTime(5);
    const { verdict, servers } = await checking;
    expect([verdict, servers[0]?.outcome]).toEqual(["unavailable", { kind: "timed-out", stage: "greeting" }]);
  });

  test("never by itself with a timeoutMs of 0", async () => {
    using silent = fakeSmtpServer("");
    jest.useFakeTimers();
    const over = new AbortController();
    const checking = check("127.0.0.1", { port: silent.port, timeoutMs: 0, signal: over.signal });
    await connectionsBefore(silent);
    jest.advanceTimersByTime(1_000_000_000);
    expect(await Promise.race([checking, connectionsBefore(silent)])).toBe(1);
    over.abort("enough");
    expect(await checking.catch((reason) => reason)).toBe("enough");
  });

  test("in time when a lookup used all of it up before the timer could fire", async () => {
    const resolver = {
      async addresses() {
        Bun.sleepSync(15);
        return { kind: "found", addresses: ["127.0.0.1"] } as const;
      },
    };
    using silent = fakeSmtpServer("");
    const { servers } = await check("slow.test", { resolver, timeoutMs: 10, port: silent.port });
    expect(servers[0]?.outcome).toMatchObject({ kind: "timed-out" });
  });
});

describe("check() with an AbortSignal", () => {
  test("rejects with its reason, closes every connection, and tells nothing", async () => {
    using one = fakeSmtpServer("", { hostname: "127.0.0.71" });
    using two = fakeSmtpServer("", { hostname: "127.0.0.72", port: one.port });
    const over = new AbortController();
    const told: unknown[] = [];
    const checking = check("127.0.0.71 127.0.0.72", {
      port: one.port,
      signal: over.signal,
      onSettled: (report) => told.push(report.outcome),
    });
    await Promise.all([one.saw(""), two.saw("")]);
    const reason = new Error("enough");
    over.abort(reason);
    expect(await checking.catch((error) => error)).toBe(reason);
    expect(await Promise.all([one.ended(), two.ended()])).toEqual(["", ""]);
    await severalTurns();
    expect(told).toEqual([]);
  });

  test("rejects during a lookup", async () => {
    const over = new AbortController();
    const checking = check("a.test", { resolver: zoneResolver({ "a.test": "silent" }), signal: over.signal });
    over.abort("enough");
    expect(await checking.catch((reason) => reason)).toBe("enough");
  });

  test("that came before rejects, connects to nothing, and leaves no rejection behind", async () => {
    using server = fakeSmtpServer(GREETS);
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    try {
      const signal = AbortSignal.abort("enough");
      const resolver = zoneResolver({ "me.test": "not-found" });
      expect(await check("127.0.0.1", { port: server.port, signal }).catch((reason) => reason)).toBe(
        "enough",
      );
      expect(
        await check("127.0.0.1", { resolver, signal, stop: ["me.test"] }).catch((reason) => reason),
      ).toBe("enough");
      await severalTurns();
      expect(await connectionsBefore(server)).toBe(0);
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", onUnhandled);
    }
  });

  test("that comes afterwards changes nothing", async () => {
    using server = fakeSmtpServer(GREETS);
    const over = new AbortController();
    const { verdict } = await check("127.0.0.1", { port: server.port, signal: over.signal });
    over.abort();
    expect(verdict).toBe("available");
    expect(await server.ended()).toBe("QUIT\r\n");
  });
});

describe("check() rejects with a defect", () => {
  test("of onSettled", () => {
    const resolver = zoneResolver({ "a.test": "not-found" });
    const onSettled = () => {
      throw new Error("mine");
    };
    expect(check("a.test", { resolver, onSettled })).rejects.toThrow("mine");
    expect(check("a.test", { resolver, onSettled, stop: ["192.0.2.9"] })).rejects.toThrow("mine");
  });

  test("of the resolver, with and without a stop host", () => {
    const resolver = zoneResolver({});
    expect(check("a.test", { resolver })).rejects.toThrow("Cannot find a.test");
    expect(check("a.test", { resolver, stop: ["192.0.2.9"] })).rejects.toThrow("Cannot find a.test");
    expect(check("a.test", { resolver, stop: ["me.test"] })).rejects.toThrow("Cannot find ");
  });
});

test("check() probes a server whose address refuses beside one that is silent, each on its own", async () => {
  using silent = fakeSmtpServer("", { hostname: "127.0.0.71" });
  using dead = refusedPort("127.0.0.72");
  const servers = `127.0.0.71:${silent.port} 127.0.0.72:${dead.port}`;
  const told: string[] = [];
  await check(servers, {
    timeoutMs: 50,
    until: "settled",
    onSettled: ({ target, outcome }) => told.push(`${target.server} ${outcome.kind}`),
  });
  expect(told).toEqual(["127.0.0.72 refused", "127.0.0.71 timed-out"]);
});
