import { afterEach, describe, expect, jest, test } from "bun:test";
import {
  Deadline,
  Deadlines,
  deadlinesOf,
  MAX_TIMEOUT_MS,
  whicheverIsFirst,
} from "../../src/limits/deadline.ts";

afterEach(() => {
  jest.useRealTimers();
});

const never = new AbortController().signal;

describe("Deadline", () => {
  test("tells each that cares, once, and at once when it is over", () => {
    const deadline = new Deadline();
    const told: string[] = [];
    const [one, two, three] = ["one", "two", "three"].map((name) => ({ timeIsOver: () => told.push(name) }));
    for (const limited of [one, two]) if (limited !== undefined) deadline.add(limited);
    if (two !== undefined) deadline.delete(two);
    deadline.come();
    deadline.come();
    if (three !== undefined) deadline.add(three);
    expect([told, deadline.isOver]).toEqual([["one", "three"], true]);
  });

  test("is a signal for what takes one, before and after it has come", () => {
    const deadline = new Deadline();
    const before = deadline.signal;
    expect(before.aborted).toBe(false);
    deadline.come("enough");
    expect([before.aborted, before.reason, deadline.signal]).toEqual([true, "enough", before]);
    const other = new Deadline();
    other.come();
    expect(other.signal.aborted).toBe(true);
  });

  test.each([0, 1])("whicheverIsFirst() comes with either of two", (at) => {
    const both = [new Deadline(), new Deadline()] as const;
    const first = whicheverIsFirst(...both);
    expect(first.isOver).toBe(false);
    both[at]?.come();
    expect(first.isOver).toBe(true);
  });
});

describe("Deadlines", () => {
  test.each([0, 1, 3.5, 250, 10_000])(
    "after(%d) comes then, or up to 4 ms late, and not before",
    (durationMs) => {
      jest.useFakeTimers();
      const deadline = new Deadlines(never).after(durationMs);
      jest.advanceTimersByTime(Math.max(0, Math.ceil(durationMs) - 1));
      expect(deadline.isOver).toBe(false);
      jest.advanceTimersByTime(6);
      expect(deadline.isOver).toBe(true);
    },
  );

  test("after() a time that is over comes at once", () => {
    jest.useFakeTimers();
    const deadline = new Deadlines(never).after(-1_000);
    jest.advanceTimersByTime(4);
    expect(deadline.isOver).toBe(true);
  });

  test("none comes before its time or more than 5 ms after it, whatever is asked for in between", () => {
    jest.useFakeTimers();
    const deadlines = new Deadlines(never);
    const durations = [100, 100, 103, 96, 50, 50, 51, 100, 10, 47, 45.5, 3, 100];
    const startedAtMs = performance.now();
    const late: number[] = [];
    for (const [at, durationMs] of durations.entries()) {
      const dueMs = performance.now() - startedAtMs + durationMs;
      const timeIsOver = () => late.push(performance.now() - startedAtMs - dueMs);
      deadlines.after(durationMs).add({ timeIsOver });
      jest.advanceTimersByTime(at % 3);
    }
    jest.advanceTimersByTime(200);
    expect(late.length).toBe(durations.length);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(5);
  });

  test("those of one moment are one", () => {
    const deadlines = new Deadlines(never);
    jest.useFakeTimers();
    const all = new Set(Array.from({ length: 1_000 }, () => deadlines.after(10_000)));
    expect(all.size).toBe(1);
  });

  test("one that has come is not given again", () => {
    jest.useFakeTimers();
    const deadlines = new Deadlines(never);
    deadlines.after(10);
    jest.advanceTimersByTime(14);
    expect(deadlines.after(0).isOver).toBe(false);
  });

  test("all come with the run's reason when the run ends, and no timer is left", () => {
    jest.useFakeTimers();
    const run = new AbortController();
    const deadlines = new Deadlines(run.signal);
    const all = [10_000, 20_000, Number.POSITIVE_INFINITY].map((ms) => deadlines.after(ms));
    const { signal } = all[0] ?? new Deadline();
    run.abort("over");
    expect(all.map(({ isOver }) => isOver)).toEqual([true, true, true]);
    expect(signal.reason).toBe("over");
    expect(jest.getTimerCount()).toBe(0);
  });

  test("after() the run's end is over", () => {
    const run = new AbortController();
    const deadlines = new Deadlines(run.signal);
    run.abort();
    expect([deadlines.after(10_000).isOver, new Deadlines(run.signal).after(1).isOver]).toEqual([true, true]);
  });

  test("after(infinity) waits for the run's end only", () => {
    jest.useFakeTimers();
    const deadline = new Deadlines(never).after(Number.POSITIVE_INFINITY);
    expect([deadline.isOver, jest.getTimerCount()]).toEqual([false, 0]);
  });

  test("the longest time a timer can run does not come at once", async () => {
    const run = new AbortController();
    const deadline = new Deadlines(run.signal).after(MAX_TIMEOUT_MS);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(deadline.isOver).toBe(false);
    run.abort();
  });

  test("deadlinesOf() a run are the same ones, whoever asks", () => {
    const other = new AbortController().signal;
    const first = deadlinesOf(never);
    expect(deadlinesOf(other)).not.toBe(first);
    expect(deadlinesOf(never)).toBe(first);
  });
});

describe("Deadlines limitAll()", () => {
  test("has all deadlines come by then that are asked for later, infinite ones too, and earlier ones as they were", () => {
    jest.useFakeTimers();
    const deadlines = new Deadlines(new AbortController().signal);
    deadlines.limitAll(1_000);
    const [short, long, none] = [500, 5_000, Number.POSITIVE_INFINITY].map((ms) => deadlines.after(ms));
    jest.advanceTimersByTime(510);
    expect([short?.isOver, long?.isOver, none?.isOver]).toEqual([true, false, false]);
    jest.advanceTimersByTime(500);
    expect([long?.isOver, none?.isOver, long?.isCalledOff]).toEqual([true, true, false]);
    const late = deadlines.after(5_000);
    jest.advanceTimersByTime(5);
    expect(late.isOver).toBe(true);
  });
});

test("a deadline is called off by the end of its run, and so is whichever of two comes first", () => {
  const run = new AbortController();
  const deadlines = new Deadlines(run.signal);
  const [time, other] = [deadlines.after(9_000), new Deadline()];
  const first = whicheverIsFirst(other, time);
  run.abort("over");
  expect([time.isOver, time.isCalledOff, first.isOver, first.isCalledOff]).toEqual([true, true, true, true]);
  const second = whicheverIsFirst(other, new Deadline());
  other.come();
  other.callOff();
  expect([second.isOver, second.isCalledOff, other.isCalledOff]).toEqual([true, false, false]);
});
