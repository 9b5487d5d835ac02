import { describe, expect, spyOn, test } from "bun:test";
import { deadline, onAbort } from "../../src/limits/abort.ts";

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
