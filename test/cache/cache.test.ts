import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import type { Answer, Probed } from "../../src/cache/answer.ts";
import { Cache } from "../../src/cache/cache.ts";
import { CacheError } from "../../src/cache/store.ts";
import { FaultyStore, type StoreOperation } from "../fake/faulty-store.ts";
import { asked, cacheOver, heldProbe, kept, pass, probed, question, settleAll } from "./cache-fixtures.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const timedOut = { outcome: { kind: "timed-out", stage: "waiting" }, address: null, attempts: [] } as const;

describe("answer()", () => {
  test("probes what nobody knows, keeps it, and gives the lease back", async () => {
    const store = new FaultyStore();
    const { cache, warnings } = cacheOver(store);
    expect(await cache.answer(asked())).toEqual({ ...probed(), cachedAtMs: null });
    expect([...store.kept.values()]).toEqual([
      kept({ checkedAtMs: Date.now(), expiresAtMs: Date.now() + 120_000, limitMs: 10_000 }),
    ]);
    expect(store.leases.size).toBe(0);
    expect(warnings).toEqual([]);
  });

  test("answers from what is kept, without a probe, a lease or a write", async () => {
    const store = new FaultyStore();
    const entry = kept({ checkedAtMs: Date.now() - 1_000 });
    await store.put(entry);
    const { cache } = cacheOver(store);
    const held = heldProbe();
    expect(await cache.answer(asked({ probe: held.probe }))).toEqual({
      outcome: entry.outcome,
      address: "192.0.2.1",
      dnsMs: null,
      connectMs: null,
      greetingMs: null,
      elapsedMs: null,
      attempts: [],
      cachedAtMs: entry.checkedAtMs,
    });
    expect(held.calls).toBe(0);
    expect(store.calls).toEqual(["put", "get"]);
  });

  test("lets the store know what all that it asked of it has cost", async () => {
    const store = new FaultyStore();
    const costs: number[] = [];
    store.mustPay = (spentMs) => void costs.push(spentMs);
    await cacheOver(store).cache.answer(asked());
    expect(store.calls).toEqual(["get", "claim", "get", "put", "release"]);
    expect(costs).toHaveLength(5);
    expect(costs).toEqual(costs.toSorted((one, other) => one - other));
  });

  test("keeps an available server for the time set for that, without a limit as none", async () => {
    const store = new FaultyStore();
    const { cache } = cacheOver(store, { upMs: 7_000, downMs: 1 });
    const greeted = probed({ kind: "greeted", reply: { code: 220, lines: ["mx1"], complete: true } });
    await cache.answer(asked({ limitMs: Number.POSITIVE_INFINITY, probe: async () => greeted }));
    const [entry] = store.kept.values();
    expect(entry).toMatchObject({ expiresAtMs: Date.now() + 7_000, limitMs: null });
  });

  test.each(["no-resources", "skipped"] as const)("never keeps an outcome of the kind %s", async (kind) => {
    const store = new FaultyStore();
    const { cache } = cacheOver(store);
    const outcome =
      kind === "skipped" ? ({ kind, why: "stop-host" } as const) : ({ kind, cause: "EMFILE" } as const);
    expect((await cache.answer(asked({ probe: async () => probed(outcome) }))).outcome).toEqual(outcome);
    expect(store.kept.size).toBe(0);
    expect(store.leases.size).toBe(0);
  });

  test("keeps the limit that was left when the probe began, and nothing that was found under none", async () => {
    for (const [leftMs, kept] of [
      [400, [400]],
      [0, []],
    ] as const) {
      const store = new FaultyStore();
      const { cache } = cacheOver(store);
      let limitMs = 1_000;
      store.claim = async (_question, owner) => {
        limitMs = leftMs;
        return owner;
      };
      const terms = asked();
      await cache.answer({
        ...terms,
        get limitMs() {
          return limitMs;
        },
      } as typeof terms);
      expect([...store.kept.values()].map((entry) => entry.limitMs)).toEqual([...kept]);
    }
  });

  test("probes again when time ran out under a shorter limit than the asker's", async () => {
    const store = new FaultyStore();
    await store.put(kept({ outcome: { kind: "timed-out", stage: "connect" }, limitMs: 100 }));
    const { cache } = cacheOver(store);
    expect((await cache.answer(asked({ limitMs: 100 }))).cachedAtMs).not.toBeNull();
    expect((await cache.answer(asked({ limitMs: 10_000 }))).cachedAtMs).toBeNull();
  });

  test("looks again once it holds the lease: another may have put an answer and given it back", async () => {
    const store = new FaultyStore();
    const claim = store.claim.bind(store);
    store.claim = async (...args) => {
      await store.put(kept());
      return claim(...args);
    };
    const { cache } = cacheOver(store);
    const held = heldProbe();
    expect(await cache.answer(asked({ probe: held.probe }))).toMatchObject({ outcome: { kind: "refused" } });
    expect(held.calls).toBe(0);
    expect(store.leases.size).toBe(0);
  });

  test("those who ask the same at the same time share one answer", async () => {
    const store = new FaultyStore();
    const { cache } = cacheOver(store);
    const held = heldProbe();
    const answers = [1, 2, 3].map(() => cache.answer(asked({ probe: held.probe })));
    await settleAll();
    held.settle(probed());
    const [one, two, three] = await Promise.all(answers);
    expect(held.calls).toBe(1);
    expect(two).toBe(one);
    expect(three).toBe(one);
    expect(store.calls.filter((call) => call === "claim")).toHaveLength(1);
  });

  test("rejects if the probe does, and gives the lease back", async () => {
    const store = new FaultyStore();
    const { cache } = cacheOver(store);
    const defect = () => Promise.reject(new RangeError("defect"));
    expect(cache.answer(asked({ probe: defect }))).rejects.toThrow("defect");
    await settleAll();
    expect(store.leases.size).toBe(0);
  });

  test("probes no more questions at a time than it may", async () => {
    const { cache } = cacheOver(new FaultyStore(), { maxProbes: 2 });
    const held = heldProbe();
    const answers = ["a.test", "b.test", "c.test"].map((host) =>
      cache.answer(asked({ question: { ...question, host }, probe: held.probe })),
    );
    await settleAll();
    expect(held.calls).toBe(2);
    held.settle(probed());
    await Promise.all(answers);
    expect(held.calls).toBe(3);
  });
});

describe("while somebody else probes, answer()", () => {
  test("waits for the answer", async () => {
    const store = new FaultyStore();
    const [first, second] = [cacheOver(store).cache, cacheOver(store).cache];
    const held = heldProbe();
    const one = first.answer(asked({ probe: held.probe }));
    await settleAll();
    const two = second.answer(asked({ probe: () => Promise.reject(new Error("not needed")) }));
    await pass(3_000);
    held.settle(probed());
    await pass(150);
    expect((await one).cachedAtMs).toBeNull();
    expect(await two).toMatchObject({ outcome: { kind: "refused" }, attempts: [] });
    expect((await two).cachedAtMs).not.toBeNull();
  });

  test("asks ever less often, but at least ten times a second", async () => {
    const store = new FaultyStore();
    await store.claim(question, "somebody", 10_000);
    const { cache } = cacheOver(store);
    void cache.answer(asked());
    await pass(1_000);
    const early = store.calls.filter((call) => call === "claim").length;
    await pass(1_000);
    const late = store.calls.filter((call) => call === "claim").length - early;
    expect(early).toBeWithin(10, 25);
    expect(late).toBeWithin(7, 15);
  });

  test("takes over from one who died, with the whole limit for its own probe", async () => {
    const store = new FaultyStore();
    await store.claim(question, "the dead", 1_000);
    const { cache } = cacheOver(store);
    const held = heldProbe();
    const answer = cache.answer(asked({ limitMs: 1_500, probe: held.probe }));
    await pass(990);
    expect(held.calls).toBe(0);
    await pass(150);
    expect(held.calls).toBe(1);
    await pass(1_400);
    held.settle(probed());
    expect(await answer).toEqual({ ...probed(), cachedAtMs: null });
  });

  test("is out of time when one who lives has probed for as long as the asker would have", async () => {
    const store = new FaultyStore();
    const first = cacheOver(store).cache;
    void first.answer(asked({ limitMs: 60_000, probe: heldProbe().probe }));
    await settleAll();
    const second = cacheOver(store);
    let answer: unknown;
    const held = heldProbe();
    void second.cache.answer(asked({ limitMs: 2_000, probe: held.probe })).then((value) => (answer = value));
    await pass(2_040);
    expect(answer).toBeUndefined();
    await pass(20);
    expect(answer).toMatchObject(timedOut);
    expect(held.calls).toBe(0);
    expect(second.warnings).toEqual([]);
  });

  test("cannot tell when time is over and the one who took over has not probed for so long", async () => {
    const store = new FaultyStore();
    await store.claim(question, "the dead", 700);
    const heir = cacheOver(store).cache;
    const second = cacheOver(store);
    const held = heldProbe();
    let answer: unknown;
    void second.cache.answer(asked({ limitMs: 1_000, probe: held.probe })).then((value) => (answer = value));
    await pass(690);
    await store.release(question, "the dead");
    void heir.answer(asked({ probe: heldProbe().probe }));
    await pass(340);
    expect(answer).toBeUndefined();
    await pass(30);
    expect(answer).toMatchObject({
      outcome: { kind: "no-resources", cause: "time ran out while other processes asked it" },
      attempts: [],
    });
    expect(held.calls).toBe(0);
    expect(second.warnings).toEqual([]);
  });

  test("does not hold it against the server that others come and go without an answer for it", async () => {
    const store = new FaultyStore();
    const { cache } = cacheOver(store);
    const held = heldProbe();
    let turns = 0;
    const others = setInterval(() => {
      turns += 1;
      store.leases.set("mx1.example.test 25 null", { owner: `other ${turns}`, untilMs: Date.now() + 1_000 });
    }, 200);
    await store.claim(question, "other 0", 1_000);
    const answer = cache.answer(asked({ limitMs: 2_000, probe: held.probe }));
    await pass(1_000);
    expect(held.calls).toBe(1);
    held.settle(probed());
    expect(await answer).toEqual({ ...probed(), cachedAtMs: null });
    clearInterval(others);
  });

  test("probes itself when the other's time ran out too early", async () => {
    const store = new FaultyStore();
    const first = cacheOver(store).cache;
    const short = heldProbe();
    void first.answer(asked({ limitMs: 100, probe: short.probe }));
    await settleAll();
    const answer = cacheOver(store).cache.answer(asked());
    await pass(100);
    short.settle(probed({ kind: "timed-out", stage: "connect" }));
    await pass(200);
    expect(await answer).toEqual({ ...probed(), cachedAtMs: null });
  });
});

describe("who takes over from one that died, answer()", () => {
  /** A holder that dies at once, and an asker that waits for it with this limit. */
  async function takeOver(limitMs: number, leaseMs: number) {
    const store = new FaultyStore();
    await store.claim(question, "the dead", leaseMs);
    let until: AbortSignal | undefined;
    const probe = (signal: AbortSignal) => {
      until = signal;
      return new Promise<Probed>((resolve) => {
        signal.addEventListener("abort", () => resolve(probed({ kind: "timed-out", stage: "greeting" })));
      });
    };
    let answer: Answer | undefined;
    void cacheOver(store)
      .cache.answer(asked({ limitMs, probe }))
      .then((value) => (answer = value));
    return { store, answer: () => answer, until: () => until };
  }

  test("ends within its own limit, and cannot tell when that runs out", async () => {
    const { store, answer, until } = await takeOver(1_000, 300);
    await pass(500);
    expect([until() !== undefined, answer()]).toEqual([true, undefined]);
    await pass(600);
    expect(answer()).toMatchObject({ outcome: { kind: "no-resources" } });
    const [entry] = store.kept.values();
    expect(entry?.limitMs).toBeWithin(500, 800);
  });

  test("begins no probe for which hardly any time is left", async () => {
    const { answer, until } = await takeOver(1_000, 900);
    await pass(1_100);
    expect([until(), answer()]).toEqual([
      undefined,
      expect.objectContaining({ outcome: expect.objectContaining({ kind: "no-resources" }) }),
    ]);
  });
});

describe("the lease of a probe", () => {
  test("is renewed for as long as it takes", async () => {
    const store = new FaultyStore();
    const held = heldProbe();
    const answer = cacheOver(store).cache.answer(asked({ probe: held.probe }));
    await pass(9_000);
    expect(await store.claim(question, "other", 1_000)).not.toBe("other");
    held.settle(probed());
    await answer;
    expect(await store.claim(question, "other", 1_000)).toBe("other");
    const calls = store.calls.length;
    await pass(2_000);
    expect(store.calls).toHaveLength(calls);
  });

  test("is never good for longer than a third of the limit, or than a second", async () => {
    for (const [limitMs, leaseMs] of [
      [300, 100],
      [10_000, 1_000],
      [Number.POSITIVE_INFINITY, 1_000],
    ] as const) {
      const store = new FaultyStore();
      void cacheOver(store).cache.answer(asked({ limitMs, probe: heldProbe().probe }));
      await settleAll();
      const [lease] = store.leases.values();
      expect(lease?.untilMs).toBe(Date.now() + leaseMs);
    }
  });

  test("is given back at once when the run ends, and nothing is kept", async () => {
    const store = new FaultyStore();
    const run = new AbortController();
    const held = heldProbe();
    const answer = cacheOver(store).cache.answer(asked({ signal: run.signal, probe: held.probe }));
    await pass(500);
    expect(store.leases.size).toBe(1);
    run.abort();
    await settleAll();
    expect(store.leases.size).toBe(0);
    expect(await answer).toMatchObject(timedOut);
    held.settle(probed({ kind: "timed-out", stage: "connect" }));
    const calls = store.calls.length;
    await pass(2_000);
    expect(store.calls).toHaveLength(calls);
    expect(store.kept.size).toBe(0);
  });

  test("is not waited for any longer when the run ends", async () => {
    const store = new FaultyStore();
    await store.claim(question, "somebody", 10_000);
    const run = new AbortController();
    const answer = cacheOver(store).cache.answer(asked({ signal: run.signal }));
    await pass(500);
    run.abort();
    expect(await answer).toMatchObject(timedOut);
    await settleAll();
    expect(jest.getTimerCount()).toBe(0);
    const calls = store.calls.length;
    await pass(2_000);
    expect(store.calls).toHaveLength(calls);
  });

  test("passes to another run of this process when the one that held it ends", async () => {
    const store = new FaultyStore();
    const { cache } = cacheOver(store);
    const run = new AbortController();
    const held = heldProbe();
    const one = cache.answer(asked({ signal: run.signal, probe: held.probe }));
    await settleAll();
    const two = cache.answer(asked());
    await pass(100);
    run.abort();
    held.settle(probed({ kind: "timed-out", stage: "connect" }));
    await pass(100);
    expect(await one).toMatchObject(timedOut);
    expect(await two).toEqual({ ...probed(), cachedAtMs: null });
  });
});

describe("a store that fails", () => {
  test.each<readonly [StoreOperation, number]>([
    ["get", 1],
    ["claim", 2],
    ["put", 4],
    ["release", 5],
  ])("in %s is warned of once, and not used again", async (operation, calls) => {
    const store = new FaultyStore();
    store.failing.add(operation);
    const { cache, warnings } = cacheOver(store);
    const answer = { ...probed(), cachedAtMs: null };
    expect(await cache.answer(asked())).toEqual(answer);
    expect(await cache.answer(asked({ question: { ...question, port: 26 } }))).toEqual(answer);
    expect(warnings).toEqual([`Cannot use the cache memory: ${operation} failed; probing without it`]);
    expect(store.calls).toHaveLength(calls);
    expect(store.isClosed).toBe(true);
  });

  test("while its lease is renewed does not disturb the probe", async () => {
    const store = new FaultyStore();
    const { cache, warnings } = cacheOver(store);
    const held = heldProbe();
    const answer = cache.answer(asked({ probe: held.probe }));
    await pass(100);
    store.failing.add("claim");
    await pass(2_000);
    expect(warnings).toHaveLength(1);
    held.settle(probed());
    expect(await answer).toEqual({ ...probed(), cachedAtMs: null });
    expect(store.calls.filter((call) => call === "put")).toEqual([]);
  });

  test("while its answer is waited for leaves the asker to probe", async () => {
    const store = new FaultyStore();
    await store.claim(question, "somebody", 10_000);
    const { cache, warnings } = cacheOver(store);
    const answer = cache.answer(asked());
    await pass(500);
    store.failing.add("get");
    await pass(200);
    expect(await answer).toEqual({ ...probed(), cachedAtMs: null });
    expect(warnings).toHaveLength(1);
  });

  test("to open is as one that fails later", async () => {
    const warnings: string[] = [];
    const open = () => Promise.reject(new CacheError("Cannot use the cache: no"));
    const cache = new Cache(open, { warn: (message) => void warnings.push(message) });
    await Promise.all(
      ["a.test", "b.test"].map((host) => cache.answer(asked({ question: { ...question, host } }))),
    );
    expect(warnings).toEqual(["Cannot use the cache: no; probing without it"]);
  });
});

test("a store may warn and go on, and counts as having warned", async () => {
  const warnings: string[] = [];
  const store = new FaultyStore();
  const cache = new Cache(
    async (warn) => {
      warn("replaced");
      return store;
    },
    { warn: (message) => void warnings.push(message) },
  );
  await cache.answer(asked());
  expect(store.kept.size).toBe(1);
  store.failing.add("get");
  await cache.answer(asked());
  expect(warnings).toEqual(["replaced"]);
});

test("close() closes the store, if one was opened", async () => {
  const store = new FaultyStore();
  const { cache } = cacheOver(store);
  await cache.close();
  expect(store.isClosed).toBe(false);
  await cache.answer(asked());
  await cache.close();
  expect(store.isClosed).toBe(true);
});
