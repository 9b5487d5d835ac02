import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import type { GuardResolver } from "../../src/guard/exchanger-list.ts";
import { ExchangerLists } from "../../src/guard/exchanger-lists.ts";
import { deadlinesOf } from "../../src/limits/deadline.ts";
import type { ExchangeLookup } from "../../src/names/exchanges.ts";

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

beforeEach(() => {
  jest.useFakeTimers();
  run = new AbortController();
  answer = FOUND;
  questions = [];
  learnt = 0;
  const resolver: GuardResolver = {
    async exchanges(domain) {
      questions.push(domain);
      return answer === "silent" ? new Promise(() => {}) : answer;
    },
    addresses: async () => ({ kind: "not-found" }),
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
