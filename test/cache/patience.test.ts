import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Patience } from "../../src/cache/patience.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test("sees() gives up on one who has held the lease for the whole limit, and had a moment to tell", () => {
  const patience = new Patience(1_000);
  expect(patience.sees("one")).toBe("wait");
  jest.advanceTimersByTime(1_049);
  expect(patience.sees("one")).toBe("wait");
  expect(patience.leftMs).toBeCloseTo(1);
  jest.advanceTimersByTime(1);
  expect(patience.sees("one")).toBe("give-up");
  expect(patience.leftMs).toBe(0);
});

test("sees() waits for others too, within one limit, but not for a fourth", () => {
  const patience = new Patience(1_000);
  expect([patience.hasWaited, patience.leftMs]).toEqual([false, 1_050]);
  for (const holder of ["one", "two", "three"]) {
    expect(patience.sees(holder)).toBe("wait");
    jest.advanceTimersByTime(100);
    expect(patience.sees(holder)).toBe("wait");
  }
  expect([patience.hasWaited, patience.leftMs]).toEqual([true, 750]);
  expect(patience.sees("four")).toBe("probe-anyway");
  jest.advanceTimersByTime(750);
  expect(patience.sees("five")).toBe("give-up");
});

test("sees() waits for ever where there is no limit", () => {
  const patience = new Patience(Number.POSITIVE_INFINITY);
  expect(patience.sees("one")).toBe("wait");
  jest.advanceTimersByTime(1_000_000);
  expect(patience.sees("one")).toBe("wait");
});
