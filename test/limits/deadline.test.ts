import { afterEach, describe, expect, jest, spyOn, test } from "bun:test";
import { Deadlines, deadline, MAX_TIMEOUT_MS, onAbort } from "../../src/limits/deadline.ts";

afterEach(() => {
  jest.useRealTimers();
});

const never = new AbortController().signal;

describe("deadline()", () => {
  test("resolves with the promise's value", async () => {
    expect(await deadline(Promise.resolve(1), never)).toBe(1);
  });

  test("rejects with the promise's error", () => {
    expect(deadline(Promise.reject(new Error("no")), never)).rejects.toThrow("no");
  });

  test("throws the signal's reason when the signal comes first, and ignores the promise from then on", async () => {
    const over = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting = deadline(promise, over.signal);
    over.abort("enough");
    reject(new Error("too late"));
    expect(await waiting.catch((reason) => reason)).toBe("enough");
  });

  test("throws the reason of a signal that came before, and ignores the promise", async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    try {
      const failing = Promise.withResolvers<never>();
      const reason = await deadline(failing.promise, AbortSignal.abort("enough")).catch((error) => error);
      failing.reject(new Error("too late"));
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect({ reason, unhandled }).toEqual({ reason: "enough", unhandled: [] });
    } finally {
      process.off("unhandledRejection", onUnhandled);
    }
  });
});

describe("onAbort()", () => {
  test("calls back when the signal fires, each once, in the order asked", () => {
    const over = new AbortController();
    const called: number[] = [];
    for (const at of [1, 2, 3]) onAbort(over.signal, () => called.push(at));
    expect(called).toEqual([]);
    over.abort();
    over.abort();
    expect(called).toEqual([1, 2, 3]);
  });

  test("calls back at once when the signal has fired", () => {
    const called: number[] = [];
    onAbort(AbortSignal.abort(), () => called.push(1))();
    expect(called).toEqual([1]);
  });

  test("does not call back what was taken back, before or while the signal fires", () => {
    const over = new AbortController();
    const called: number[] = [];
    const takeBack = onAbort(over.signal, () => called.push(1));
    onAbort(over.signal, () => called.push(2));
    onAbort(over.signal, () => takeLastBack());
    const takeLastBack = onAbort(over.signal, () => called.push(3));
    takeBack();
    over.abort();
    expect(called).toEqual([2]);
  });

  test("adds one listener to a signal, however many share it", () => {
    const { signal } = new AbortController();
    const listening = spyOn(signal, "addEventListener");
    for (let at = 0; at < 100; at += 1) onAbort(signal, () => {});
    expect(listening).toHaveBeenCalledTimes(1);
  });
});

describe("Deadlines", () => {
  function aborts(signal: AbortSignal): boolean {
    return signal.aborted;
  }

  test.each([0, 1, 3.5, 250, 10_000])(
    "after(%d) fires then, or up to 4 ms late, and not before",
    (durationMs) => {
      jest.useFakeTimers();
      const signal = new Deadlines(never).after(durationMs);
      expect(signal.aborted).toBe(false);
      jest.advanceTimersByTime(Math.max(0, Math.ceil(durationMs) - 1));
      expect(aborts(signal)).toBe(false);
      jest.advanceTimersByTime(6);
      expect(aborts(signal)).toBe(true);
    },
  );

  test("after() a time that is over fires at once", () => {
    jest.useFakeTimers();
    const signal = new Deadlines(never).after(-1_000);
    jest.advanceTimersByTime(4);
    expect(signal.aborted).toBe(true);
  });

  test("none fires before its time or more than 5 ms after it, whatever is asked for in between", () => {
    jest.useFakeTimers();
    const deadlines = new Deadlines(never);
    const durations = [100, 100, 103, 96, 50, 50, 51, 100, 10, 47, 45.5, 3, 100];
    const startedAtMs = performance.now();
    const fired: { dueMs: number; lateMs: number }[] = [];
    for (const [at, durationMs] of durations.entries()) {
      const dueMs = performance.now() - startedAtMs + durationMs;
      deadlines.after(durationMs).addEventListener("abort", () => {
        fired.push({ dueMs, lateMs: performance.now() - startedAtMs - dueMs });
      });
      jest.advanceTimersByTime(at % 3);
    }
    jest.advanceTimersByTime(200);
    expect(fired.length).toBe(durations.length);
    for (const { lateMs } of fired) {
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThanOrEqual(5);
    }
  });

  test("those of one moment share one signal", () => {
    const deadlines = new Deadlines(never);
    jest.useFakeTimers();
    const signals = new Set(Array.from({ length: 1_000 }, () => deadlines.after(10_000)));
    expect(signals.size).toBe(1);
  });

  test("a signal that has fired is not given again", () => {
    jest.useFakeTimers();
    const deadlines = new Deadlines(never);
    deadlines.after(10);
    jest.advanceTimersByTime(14);
    expect(deadlines.after(0).aborted).toBe(false);
  });

  test("every signal fires with the run's reason when the run ends", () => {
    const run = new AbortController();
    const deadlines = new Deadlines(run.signal);
    const signals = [10_000, 20_000, Number.POSITIVE_INFINITY].map((ms) => deadlines.after(ms));
    run.abort("over");
    expect(signals.map(({ aborted, reason }) => [aborted, reason])).toEqual(Array(3).fill([true, "over"]));
  });

  test("after(infinity) waits for the run's end only", () => {
    const run = new AbortController();
    expect(new Deadlines(run.signal).after(Number.POSITIVE_INFINITY)).toBe(run.signal);
  });

  test("the longest time a timer can run does not fire at once", async () => {
    const signal = new Deadlines(never).after(MAX_TIMEOUT_MS);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(signal.aborted).toBe(false);
  });

  test("a signal that only a listener waits for survives the garbage collector", async () => {
    const fired = new Promise<void>((resolve) => {
      new Deadlines(never).after(20).addEventListener("abort", () => resolve());
    });
    Bun.gc(true);
    await fired;
  });
});
