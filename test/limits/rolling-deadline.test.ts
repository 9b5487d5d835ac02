import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Deadlines } from "../../src/limits/deadline.ts";
import { RollingDeadline } from "../../src/limits/rolling-deadline.ts";

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test("RollingDeadline.signal comes after the time, or up to a sixteenth of it early", () => {
  const rolling = new RollingDeadline(new Deadlines(new AbortController().signal), 16_000);
  const first = rolling.signal;
  jest.advanceTimersByTime(999);
  const second = rolling.signal;
  jest.advanceTimersByTime(1);
  const third = rolling.signal;
  expect([second === first, third === first]).toEqual([true, false]);
  jest.advanceTimersByTime(14_999);
  expect([first.aborted, third.aborted]).toEqual([false, false]);
  jest.advanceTimersByTime(10);
  expect([first.aborted, third.aborted]).toEqual([true, false]);
  jest.advanceTimersByTime(1_000);
  expect(third.aborted).toBe(true);
});

test("RollingDeadline.signal ends with the run", () => {
  const run = new AbortController();
  const rolling = new RollingDeadline(new Deadlines(run.signal), 16_000);
  const { signal } = rolling;
  run.abort("over");
  expect([signal.aborted, signal.reason]).toEqual([true, "over"]);
});
