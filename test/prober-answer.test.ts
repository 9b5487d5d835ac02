import { describe, expect, test } from "bun:test";
import { Cache } from "../src/cache/cache.ts";
import { Prober, type ProberSettings } from "../src/prober.ts";
import { parseTargets, type Target } from "../src/target.ts";
import { MemoryStore } from "./fake/memory-store.ts";
import { fakeSmtpServer } from "./fake/smtp-server.ts";
import { type Zone, zoneResolver } from "./fake/zone-resolver.ts";
import { connectionsBefore } from "./net/connections-before.ts";

const GREETS = "S: 220 mx.example.test ESMTP\nC: QUIT";

function proberIn(zone: Zone, settings: Partial<ProberSettings> = {}) {
  const resolver = zoneResolver(zone);
  const prober = new Prober({
    timeoutMs: 10_000,
    family: undefined,
    lookUpBoth: false,
    maxConnections: 256,
    resolver,
    cache: undefined,
    signal: new AbortController().signal,
    ...settings,
  });
  return { prober, asked: resolver.asked };
}

function warn(message: string): never {
  throw new Error(`The cache warned: ${message}`);
}

function target(server: string, port: number): Target {
  const [first] = parseTargets(server, port);
  if (first === undefined) throw new Error("Cannot find a server");
  return first;
}

describe("Prober answer()", () => {
  test("probes without a cache", async () => {
    const { prober } = proberIn({ "mx.test": "not-found" });
    const { outcome, cachedAtMs } = await prober.answer(target("mx.test", 25));
    expect([outcome, cachedAtMs]).toEqual([{ kind: "not-found" }, null]);
  });

  test("asks the cache, which lets it probe once, and says when that was", async () => {
    using server = fakeSmtpServer(GREETS, { hostname: "127.0.0.41" });
    const store = new MemoryStore();
    const beforeMs = Date.now();
    const settings = { cache: new Cache(async () => store, { warn }), timeoutMs: 5_000 };
    const first = await proberIn({ "mx.test": ["127.0.0.41"] }, settings).prober.answer(
      target("10:mx.test", server.port),
    );
    const { prober, asked } = proberIn({}, settings);
    const again = target("20:MX.test.", server.port);
    const second = await prober.answer(again);
    expect([first.cachedAtMs, first.outcome.kind]).toEqual([null, "greeted"]);
    expect(second).toEqual({
      target: again,
      outcome: first.outcome,
      address: "127.0.0.41",
      ...{ dnsMs: null, connectMs: null, greetingMs: null, elapsedMs: null },
      cachedAtMs: expect.any(Number),
      attempts: [],
    });
    expect(second.cachedAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect(asked).toEqual([]);
    expect(await connectionsBefore(server)).toBe(1);
    expect([...store.kept.values()].map(({ question, limitMs }) => ({ ...question, limitMs }))).toEqual([
      { host: "mx.test", port: server.port, family: null, limitMs: 5_000 },
    ]);
  });

  test("keeps the answers for one family, for another and for any apart", async () => {
    const store = new MemoryStore();
    for (const family of [4, 6, undefined] as const) {
      const cache = new Cache(async () => store, { warn });
      await proberIn({ "mx.test": "not-found" }, { family, cache }).prober.answer(target("mx.test", 25));
    }
    expect([...store.kept.values()].map(({ question }) => question.family)).toEqual([4, 6, null]);
  });

  test("does not keep what says nothing about the server", async () => {
    const store = new MemoryStore();
    const cache = new Cache(async () => store, { warn });
    const { prober } = proberIn({ "mx.test": { ownFailure: "EMFILE" } }, { cache });
    expect((await prober.answer(target("mx.test", 25))).outcome.kind).toBe("no-resources");
    expect(store.kept.size).toBe(0);
  });

  test("probes all the same when the cache cannot be used", async () => {
    const told: string[] = [];
    const cache = new Cache(() => Promise.reject(new Error("Cannot open the cache")), {
      warn: (message) => told.push(message),
    });
    const { prober } = proberIn({ "mx.test": "not-found" }, { cache });
    expect((await prober.answer(target("mx.test", 25))).outcome).toEqual({ kind: "not-found" });
    expect(told.length).toBe(1);
  });
});
