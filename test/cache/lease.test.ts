import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Lease, leaseMsFor } from "../../src/cache/lease.ts";
import { settleAll } from "./cache-fixtures.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A lease of a second that tells what is done with it. */
function hold(renew: () => Promise<boolean>, signal = new AbortController().signal) {
  const done: string[] = [];
  const lease = new Lease({
    leaseMs: 1_000,
    renew: () => {
      done.push("renew");
      return renew();
    },
    release: async () => void done.push("release"),
    signal,
  });
  return { lease, done };
}

test.each([
  [10_000, 1_000],
  [Number.POSITIVE_INFINITY, 1_000],
  [300, 100],
  [3_000, 1_000],
  [1, 60],
])("leaseMsFor() makes one who would wait %d ms lease for %d ms", (limitMs, leaseMs) => {
  expect(leaseMsFor(limitMs)).toBe(leaseMs);
});

test("a lease is renewed three times before it would run out, and released once", async () => {
  const { lease, done } = hold(() => Promise.resolve(true));
  for (let at = 0; at < 10; at += 1) {
    jest.advanceTimersByTime(100);
    await settleAll();
  }
  expect(done).toEqual(["renew", "renew", "renew"]);
  await lease[Symbol.asyncDispose]();
  await lease[Symbol.asyncDispose]();
  jest.advanceTimersByTime(5_000);
  expect(done).toEqual(["renew", "renew", "renew", "release"]);
});

test("a lease that is lost is neither renewed nor released any more", async () => {
  const { lease, done } = hold(() => Promise.resolve(false));
  jest.advanceTimersByTime(300);
  await settleAll();
  jest.advanceTimersByTime(5_000);
  await lease[Symbol.asyncDispose]();
  expect(done).toEqual(["renew"]);
});

test("a slow renewal is not repeated meanwhile, and comes before the release", async () => {
  const renewal = Promise.withResolvers<boolean>();
  const { lease, done } = hold(() => renewal.promise);
  jest.advanceTimersByTime(900);
  const released = lease[Symbol.asyncDispose]();
  await settleAll();
  expect(done).toEqual(["renew"]);
  renewal.resolve(true);
  await released;
  expect(done).toEqual(["renew", "release"]);
});

test("a lease is released when the run ends, or has ended before", async () => {
  const run = new AbortController();
  const { done } = hold(() => Promise.resolve(true), run.signal);
  run.abort();
  await settleAll();
  expect(done).toEqual(["release"]);
  const late = hold(() => Promise.resolve(true), run.signal);
  await settleAll();
  expect(late.done).toEqual(["release"]);
});
