import { describe, expect, test } from "bun:test";
import { Cache } from "../../src/cache/cache.ts";
import { cached } from "../../src/cache/cached.ts";
import { deadlinesOf } from "../../src/limits/deadline.ts";
import { type ProbeOutcome, type ServerReport, unprobed } from "../../src/probe/outcome.ts";
import type { Probe } from "../../src/probe/probe.ts";
import type { Target } from "../../src/text/target.ts";
import { FaultyStore } from "../fake/faulty-store.ts";

const { signal } = new AbortController();
const GREETED: ProbeOutcome = { kind: "greeted", reply: { code: 220, lines: ["mx.test"], complete: true } };

function warn(message: string): never {
  throw new Error(`The cache warned: ${message}`);
}

function target(server: string, preference: number | null = null): Target {
  return { server, host: "mx.test", port: 25, preference };
}

/** A probe that comes to the same every time, and how often it was asked. */
function probeOf(outcome: ProbeOutcome) {
  const asked: string[] = [];
  const probe: Probe = (of, _signal, asker) => {
    asked.push(of.server);
    asker.settled({ ...unprobed(of, outcome, 3), address: "192.0.2.1" });
  };
  return { probe, asked };
}

function ask(probe: Probe, of: Target): Promise<ServerReport> {
  return new Promise((settled, failed) => probe(of, signal, { settled, failed }));
}

describe("cached()", () => {
  test("lets the probe find out once, and says when that was", async () => {
    const store = new FaultyStore();
    const beforeMs = Date.now();
    const { probe, asked } = probeOf(GREETED);
    const probing = cached(
      new Cache(async () => store, { warn }),
      { family: undefined, timeoutMs: 5_000 },
      probe,
    );
    const first = await ask(probing, target("mx.test", 10));
    expect(first).toEqual({ ...unprobed(target("mx.test", 10), GREETED, 3), address: "192.0.2.1" });
    const second = await ask(probing, target("MX.test.", 20));
    expect(second).toEqual({
      ...unprobed(target("MX.test.", 20), GREETED),
      address: "192.0.2.1",
      cachedAtMs: expect.any(Number),
    });
    expect(second.cachedAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect(asked).toEqual(["mx.test"]);
    expect([...store.kept.values()].map(({ question, limitMs }) => ({ ...question, limitMs }))).toEqual([
      { host: "mx.test", port: 25, family: null, limitMs: 5_000 },
    ]);
  });

  test("keeps the answers for one family, for another and for any apart", async () => {
    const store = new FaultyStore();
    for (const family of [4, 6, undefined] as const) {
      const { probe, asked } = probeOf({ kind: "not-found" });
      await ask(
        cached(new Cache(async () => store, { warn }), { family, timeoutMs: 5_000 }, probe),
        target("mx.test"),
      );
      expect(asked).toEqual(["mx.test"]);
    }
    expect([...store.kept.values()].map(({ question }) => question.family)).toEqual([4, 6, null]);
  });

  test("keeps that time ran out under what a run's deadline leaves, not under the whole timeout", async () => {
    const store = new FaultyStore();
    const run = new AbortController().signal;
    deadlinesOf(run).limitAll(1_000);
    const { probe } = probeOf({ kind: "timed-out", stage: "greeting" });
    const terms = { family: undefined, timeoutMs: 5_000 };
    const probing = cached(new Cache(async () => store, { warn }), terms, probe);
    await new Promise((settled, failed) => probing(target("mx.test"), run, { settled, failed }));
    const [kept] = store.kept.values();
    expect(kept?.limitMs).toBeWithin(1, 1_000);
  });

  test("does not keep what says nothing about the server", async () => {
    const store = new FaultyStore();
    const { probe } = probeOf({ kind: "no-resources", cause: "EMFILE" });
    const probing = cached(
      new Cache(async () => store, { warn }),
      { family: undefined, timeoutMs: 5_000 },
      probe,
    );
    expect((await ask(probing, target("mx.test"))).outcome.kind).toBe("no-resources");
    expect(store.kept.size).toBe(0);
  });

  test("passes on what is wrong with the probe", async () => {
    const failing: Probe = (_of, _signal, asker) => asker.failed(new Error("a defect"));
    const store = new FaultyStore();
    const terms = { family: undefined, timeoutMs: 5_000 };
    const probing = cached(new Cache(async () => store, { warn }), terms, failing);
    expect(await ask(probing, target("mx.test")).catch(({ message }) => message)).toBe("a defect");
    expect(store.kept.size).toBe(0);
  });

  test("probes all the same when the cache cannot be used", async () => {
    const told: string[] = [];
    const cache = new Cache(() => Promise.reject(new Error("Cannot open the cache")), {
      warn: (message) => told.push(message),
    });
    const { probe } = probeOf({ kind: "not-found" });
    const probing = cached(cache, { family: undefined, timeoutMs: 5_000 }, probe);
    expect((await ask(probing, target("mx.test"))).outcome).toEqual({ kind: "not-found" });
    expect(told.length).toBe(1);
  });
});
