import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import type { GuardResolver } from "../../src/guard/exchanger-list.ts";
import { ExchangerLists } from "../../src/guard/exchanger-lists.ts";
import { deadlinesOf } from "../../src/limits/deadline.ts";
import type { ExchangeLookup } from "../../src/names/exchanges.ts";
import type { AddressLookup } from "../../src/names/resolver.ts";

const FOUND: ExchangeLookup = {
  kind: "found",
  exchanges: [{ preference: 10, exchange: "mx1.example.test" }],
};
const FAILED: ExchangeLookup = { kind: "failed", cause: "SERVFAIL" };

let run: AbortController;
let answer: ExchangeLookup | "silent";
let questions: string[];
let lists: ExchangerLists;
let learnt: number;
let addresses: AddressLookup;
let sixes: AddressLookup;

beforeEach(() => {
  jest.useFakeTimers();
  run = new AbortController();
  answer = FOUND;
  questions = [];
  learnt = 0;
  addresses = { kind: "not-found" };
  sixes = { kind: "not-found" };
  const resolver: GuardResolver = {
    async exchanges(domain) {
      questions.push(domain);
      return answer === "silent" ? new Promise(() => {}) : answer;
    },
    addresses: async (_, family) => (family === 4 ? addresses : sixes),
  };
  lists = new ExchangerLists(resolver, deadlinesOf(run.signal));
});

afterEach(() => {
  run.abort();
  jest.useRealTimers();
});

const of = (domain = "example.test") =>
  lists.of(domain, performance.now(), () => {
    learnt += 1;
  });

/** Lets everything settle that needs no time. */
async function settle(): Promise<void> {
  for (let at = 0; at < 30; at += 1) await Promise.resolve();
}

async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await settle();
}

describe("ExchangerLists.of()", () => {
  test("looks a domain up once, whoever asks, and tells them", async () => {
    expect(of()).toBeUndefined();
    expect(of()).toBeUndefined();
    await settle();
    expect(learnt).toBe(2);
    expect(of()?.kind).toBe("found");
    expect(questions).toEqual(["example.test"]);
  });

  test("looks it up again after a minute, and uses what it has until then", async () => {
    of();
    await settle();
    await pass(60_000);
    expect(of()?.kind).toBe("found");
    expect(questions).toHaveLength(1);
    await pass(1);
    expect(of()?.kind).toBe("found");
    expect(questions).toHaveLength(2);
  });

  test("uses an expired list while its renewal is silent or fails, for five minutes", async () => {
    of();
    await settle();
    answer = FAILED;
    for (let at = 0; at < 35; at += 1) {
      await pass(10_000);
      expect(of()?.kind).toBe("found");
    }
    await settle();
    await pass(20_000);
    expect(of()).toBeUndefined();
    await settle();
    expect(of()).toMatchObject({ kind: "failed" });
  });

  test("asks at most every 10 s for a renewal that fails", async () => {
    of();
    await settle();
    answer = FAILED;
    await pass(60_001);
    for (let at = 0; at < 100; at += 1) {
      of();
      await pass(500);
    }
    expect(questions.length).toBeWithin(5, 8);
  });

  test("remembers a failure for 10 s", async () => {
    answer = FAILED;
    of();
    await settle();
    await pass(10_000);
    expect(of()).toMatchObject({ kind: "failed" });
    expect(questions).toHaveLength(1);
    answer = FOUND;
    await pass(1);
    expect(of()).toBeUndefined();
    await settle();
    expect(of()?.kind).toBe("found");
  });

  test("gives up on a silent name server after 15 s", async () => {
    answer = "silent";
    of();
    await pass(14_000);
    expect(learnt).toBe(0);
    await pass(1_100);
    expect(learnt).toBe(1);
    expect(of()).toMatchObject({ kind: "failed" });
  });

  test("looks an idle domain up anew after the time for old lists", async () => {
    of();
    await settle();
    await pass(360_001);
    expect(of()).toBeUndefined();
  });

  describe("of exchangers whose addresses cannot be looked up", () => {
    const SERVFAIL: AddressLookup = { kind: "dns-failure", cause: "SERVFAIL" };
    const KNOWN: AddressLookup = { kind: "found", addresses: ["192.0.2.1"] };
    const known = () => {
      const list = of();
      return list?.kind === "found" ? list.exchangers.map(({ addresses: those }) => those[4]) : list;
    };

    test("asks again after 10 s", async () => {
      addresses = SERVFAIL;
      of();
      await settle();
      expect(known()).toEqual([[]]);
      addresses = KNOWN;
      await pass(10_001);
      of();
      await settle();
      expect(known()).toEqual([["192.0.2.1"]]);
    });

    test("takes what one family is found out to be, though the other fails again and again", async () => {
      sixes = SERVFAIL;
      addresses = SERVFAIL;
      of();
      await settle();
      addresses = KNOWN;
      await pass(10_001);
      of();
      await settle();
      expect(known()).toEqual([["192.0.2.1"]]);
      addresses = { kind: "found", addresses: ["192.0.2.9"] };
      await pass(10_001);
      of();
      await settle();
      expect(known()).toEqual([["192.0.2.9"]]);
    });

    test("keeps what was known of them, for five minutes", async () => {
      addresses = KNOWN;
      of();
      await settle();
      addresses = SERVFAIL;
      for (let at = 0; at < 35; at += 1) {
        await pass(10_000);
        expect(known()).toEqual([["192.0.2.1"]]);
        await settle();
      }
      await pass(11_000);
      of();
      await settle();
      expect(known()).toEqual([[]]);
    });
  });

  test("is bounded: the first domain that nobody waits for goes", async () => {
    for (let at = 0; at < 10_100; at += 1) {
      of(`d${at}.test`);
      await settle();
    }
    expect(lists.size).toBe(10_000);
    expect(of("d10099.test")?.kind).toBe("found");
    expect(of("d0.test")).toBeUndefined();
  });

  test("takes no more domains when all are being looked up", () => {
    answer = "silent";
    for (let at = 0; at < 10_000; at += 1) of(`d${at}.test`);
    expect(of("one-more.test")).toMatchObject({ kind: "failed" });
    expect(questions.length).toBeLessThanOrEqual(100);
  });
});
