import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Patience } from "../../src/cache/patience.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test("sees() takes one who has held the lease for the whole limit, and had a moment to tell, as proof", () => {
  const patience = new Patience(1_000);
  expect(patience.sees("one")).toBe("wait");
  jest.advanceTimersByTime(1_049);
  expect(patience.sees("one")).toBe("wait");
  expect(patience.leftMs).toBeCloseTo(1);
  jest.advanceTimersByTime(1);
  expect(patience.sees("one")).toBe("too-slow");
  expect(patience.leftMs).toBe(0);
});

test("sees() waits no longer for another, of whom it cannot tell", () => {
  const patience = new Patience(1_000);
  expect(patience.sees("one")).toBe("wait");
  jest.advanceTimersByTime(900);
  expect(patience.sees("two")).toBe("wait");
  expect(patience.leftMs).toBeCloseTo(150);
  jest.advanceTimersByTime(150);
  expect(patience.sees("two")).toBe("cannot-tell");
});

test("sees() does not wait for a fourth", () => {
  const patience = new Patience(1_000);
  for (const holder of ["one", "two", "three"]) {
    expect(patience.sees(holder)).toBe("wait");
    jest.advanceTimersByTime(100);
    expect(patience.sees(holder)).toBe("wait");
  }
  expect(patience.sees("four")).toBe("probe-anyway");
});

test("an asker's time does not run before it has seen somebody", () => {
  const patience = new Patience(1_000);
  jest.advanceTimersByTime(5_000);
  expect(patience.sees("one")).toBe("wait");
  expect(patience.leftMs).toBeCloseTo(1_050);
});

test("sees() waits for ever where there is no limit", () => {
  const patience = new Patience(Number.POSITIVE_INFINITY);
  expect(patience.sees("one")).toBe("wait");
  jest.advanceTimersByTime(1_000_000);
  expect(patience.sees("one")).toBe("wait");
});
