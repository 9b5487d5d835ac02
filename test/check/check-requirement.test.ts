import { describe, expect, test } from "bun:test";
import { Cache } from "../../src/cache/cache.ts";
import { check } from "../../src/check/check.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import type { Report } from "../../src/check/report.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { FaultyStore } from "../fake/faulty-store.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { zoneResolver } from "../fake/zone-resolver.ts";

/** Servers by what becomes of them: one that is up, one that is down, one that this machine cannot judge. */
const UP = "127.0.0.91";
const DOWN = "down.test";
const OURS = "ours.test";
const SILENT = "silent.test";
const ZONE = { [DOWN]: "not-found", [OURS]: { ownFailure: "EMFILE" }, [SILENT]: "silent" } as const;

async function run(servers: string, options: CheckOptions): Promise<Report> {
  using up = fakeSmtpServer(GREETS, { hostname: UP });
  return await check(servers, { resolver: zoneResolver(ZONE), port: up.port, timeoutMs: 0, ...options });
}

describe("check() requires", () => {
  test.each<[string, boolean | null, boolean | null, boolean | null]>([
    [UP, false, true, true],
    [DOWN, true, false, false],
    [OURS, null, null, null],
    [`${UP} ${DOWN}`, false, true, false],
    [`${UP} ${OURS}`, false, true, null],
    [`${DOWN} ${OURS}`, null, null, false],
    [`${DOWN} ${UP} ${OURS}`, false, true, false],
  ])("of %s: none %p, any %p, all %p", async (servers, none, any, all) => {
    for (const until of ["decided", "settled"] as const) {
      expect([
        (await run(servers, { requirement: "none", until })).met,
        (await run(servers, { requirement: "any", until })).met,
        (await run(servers, { requirement: "all", until })).met,
      ]).toEqual([none, any, all]);
    }
  });

  test("all, of which none counts: not met", async () => {
    for (const requirement of ["any", "all"] as const) {
      const { met, verdict } = await run(UP, { requirement, stop: [UP] });
      expect([met, verdict]).toEqual([false, "unavailable"]);
    }
  });

  test("all that count", async () => {
    const { met, server } = await run(`10:${UP} 20:192.0.2.9 30:${DOWN}`, {
      requirement: "all",
      stop: ["192.0.2.9"],
    });
    expect([met, server?.server]).toEqual([true, UP]);
  });
});

describe("check() decides at the earliest moment", () => {
  test("that one is available", async () => {
    const { met, servers } = await run(`${UP} ${SILENT}`, { requirement: "any" });
    expect([met, servers.length]).toEqual([true, 1]);
  });

  test("that not all are", async () => {
    const { met, servers, verdict } = await run(`${SILENT} ${DOWN}`, { requirement: "all" });
    expect([met, servers.length, verdict]).toEqual([false, 1, "undetermined"]);
  });

  test("but not before a silent one when that may change it", async () => {
    const options = { timeoutMs: 50 } as const;
    expect((await run(`${UP} ${SILENT}`, { ...options, requirement: "all" })).met).toBe(false);
    expect((await run(`${DOWN} ${SILENT}`, { ...options, requirement: "any" })).met).toBe(false);
  });

  test("unless everything is asked for", async () => {
    const { servers } = await run(`${DOWN} ${SILENT} ${UP}`, {
      requirement: "all",
      until: "settled",
      timeoutMs: 50,
    });
    expect(servers.map(({ outcome }) => outcome.kind)).toEqual(["not-found", "timed-out", "greeted"]);
  });
});

test("check() keeps the meaning of its verdict, whatever is required", async () => {
  for (const requirement of ["none", "any", "all"] as const) {
    const { verdict, server } = await run(`${DOWN} ${UP}`, { requirement, until: "settled" });
    expect([requirement, verdict, server?.server]).toEqual([requirement, "available", UP]);
  }
});

describe("check() with a cache", () => {
  function cacheIn(store: FaultyStore): Cache {
    return new Cache(async () => store, {
      warn: (message) => {
        throw new Error(message);
      },
    });
  }

  test("answers from it, and says so", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: UP });
    using dead = refusedPort("127.0.0.92");
    const store = new FaultyStore();
    const servers = `127.0.0.92:${dead.port} ${UP}:${up.port}`;
    const first = await check(servers, { cache: cacheIn(store) });
    const second = await check(servers, { cache: cacheIn(store) });
    expect(first.servers.map(({ cachedAtMs }) => cachedAtMs)).toEqual([null, null]);
    expect(second.servers.map(({ cachedAtMs }) => cachedAtMs)).toEqual([
      expect.any(Number),
      expect.any(Number),
    ]);
    expect([second.server, second.verdict]).toEqual([first.server, first.verdict]);
    expect(await connectionsBefore(up)).toBe(1);
  });

  test("looks stop hosts up all the same, and never keeps that one was skipped", async () => {
    const store = new FaultyStore();
    const zone = { "a.test": ["192.0.2.9"], "b.test": "not-found", "me.test": ["192.0.2.9"] } as const;
    for (let time = 0; time < 2; time += 1) {
      const resolver = zoneResolver(zone);
      const options = { stop: ["me.test"], until: "settled", resolver } as const;
      const { servers } = await check("b.test a.test", { ...options, cache: cacheIn(store) });
      expect(servers.map(({ outcome }) => outcome.kind)).toEqual(["not-found", "skipped"]);
      const hosts = ["a.test", "b.test", "me.test"];
      expect(resolver.asked.toSorted()).toEqual(hosts.flatMap((host) => [`${host} 4`, `${host} 6`]));
    }
    expect([...store.kept.values()].map(({ question }) => question.host)).toEqual(["b.test"]);
  });

  test("waits for a deadline no longer than without one", async () => {
    const store = new FaultyStore();
    await store.claim({ host: SILENT, port: 25, family: null }, "somebody else", 10_000);
    const options = { resolver: zoneResolver(ZONE), timeoutMs: 40 };
    const { servers } = await check(SILENT, { ...options, cache: cacheIn(store) });
    expect(servers[0]?.outcome.kind).toBe("timed-out");
  });
});
