import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OwnMemory } from "../../src/guard/own-memory.ts";
import { PASS_MS, WAITING_MS } from "../../src/guard/relents.ts";

const NOW = Date.UTC(2026, 10, 27);
const HOUR = 3_600_000;

describe("OwnMemory.firstMs() is when a key was met", () => {
  test("first, for 25 hours", () => {
    const memory = new OwnMemory();
    expect(memory.firstMs("a", NOW)).toBeUndefined();
    expect(memory.meet(["a", "b"], NOW)).toBe(true);
    const times = [NOW, NOW + 1, NOW + WAITING_MS, NOW + WAITING_MS + 1];
    expect(times.map((nowMs) => memory.firstMs("a", nowMs))).toEqual([NOW, NOW, NOW, undefined]);
    expect(memory.firstMs("b", NOW)).toBe(NOW);
    expect(memory.firstMs("c", NOW)).toBeUndefined();
    expect(memory.size).toBe(2);
  });

  test("in the future too, where the clock was set back", () => {
    const memory = new OwnMemory();
    memory.meet(["a"], NOW);
    expect(memory.firstMs("a", NOW - 1_000 * HOUR)).toBe(NOW);
  });

  test("again, when that was too long ago", () => {
    const memory = new OwnMemory();
    memory.meet(["a"], NOW);
    memory.meet(["a"], NOW + WAITING_MS + 1);
    expect(memory.firstMs("a", NOW + WAITING_MS + 2)).toBe(NOW + WAITING_MS + 1);
    expect(memory.size).toBe(1);
  });

  test("as another guard says", () => {
    const memory = new OwnMemory();
    expect(memory.remember("a", NOW - HOUR, NOW)).toBe(true);
    expect(memory.firstMs("a", NOW)).toBe(NOW - HOUR);
  });

  test.each(["", "\0", "ü\ud800", "x".repeat(1_000_000), "__proto__"])("of %j", (key) => {
    const memory = new OwnMemory();
    memory.meet([key], NOW);
    expect([memory.firstMs(key, NOW), memory.firstMs(`${key} `, NOW)]).toEqual([NOW, undefined]);
  });
});

describe("OwnMemory.hasPass()", () => {
  test("holds for 24 hours from the last time on", () => {
    const memory = new OwnMemory();
    expect(memory.hasPass("p", NOW)).toBe(false);
    memory.givePass("p", NOW);
    const times = [0, PASS_MS, 2 * PASS_MS, 3 * PASS_MS + 1, 3 * PASS_MS + 2];
    expect(times.map((ms) => memory.hasPass("p", NOW + ms))).toEqual([true, true, true, false, false]);
    expect(memory.size).toBe(0);
  });

  test("holds where the clock was set back, from then on", () => {
    const memory = new OwnMemory();
    memory.givePass("p", NOW);
    const times = [-1_000 * HOUR, -1_000 * HOUR + PASS_MS, -1_000 * HOUR + 2 * PASS_MS + 1];
    expect(times.map((ms) => memory.hasPass("p", NOW + ms))).toEqual([true, true, false]);
  });

  test("knows a pass from a key that waits", () => {
    const memory = new OwnMemory();
    memory.meet(["k"], NOW);
    memory.givePass("p", NOW);
    expect([memory.hasPass("k", NOW), memory.firstMs("p", NOW)]).toEqual([false, undefined]);
  });

  test("is lost first by whoever used it the longest ago, when there are too many", () => {
    const memory = new OwnMemory(3);
    for (const pass of ["a", "b", "c"]) memory.givePass(pass, NOW);
    memory.hasPass("a", NOW + 1);
    memory.givePass("b", NOW + 2);
    memory.givePass("d", NOW + 3);
    expect(["a", "b", "c", "d"].map((pass) => memory.hasPass(pass, NOW + 4))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(memory.size).toBe(3);
  });
});

describe("OwnMemory has room", () => {
  test("for no key, when all that it has are younger than an hour", () => {
    const memory = new OwnMemory(2);
    expect(memory.meet(["a", "b"], NOW)).toBe(true);
    expect(memory.meet(["c"], NOW + HOUR - 1)).toBe(false);
    expect(["a", "b", "c"].map((key) => memory.firstMs(key, NOW))).toEqual([NOW, NOW, undefined]);
    expect(memory.meet(["c"], NOW + HOUR)).toBe(true);
    expect(["a", "b", "c"].map((key) => memory.firstMs(key, NOW))).toEqual([undefined, NOW, NOW + HOUR]);
    expect(memory.size).toBe(2);
  });

  test("for a key that it has, and the others stay", () => {
    const memory = new OwnMemory(2);
    memory.meet(["a", "b"], NOW);
    expect(memory.remember("a", NOW - 1, NOW)).toBe(true);
    expect(["a", "b"].map((key) => memory.firstMs(key, NOW))).toEqual([NOW - 1, NOW]);
  });

  test("for as many of several keys as fit", () => {
    const memory = new OwnMemory(2);
    expect(memory.meet(["a", "b", "c"], NOW)).toBe(false);
    expect(["a", "b", "c"].map((key) => memory.firstMs(key, NOW))).toEqual([NOW, NOW, undefined]);
  });

  test("at once where the clock was set back: a time in the future is old", () => {
    const memory = new OwnMemory(2);
    memory.meet(["a", "b"], NOW);
    expect(memory.meet(["c"], NOW - 100 * HOUR)).toBe(true);
    expect(["a", "b", "c"].map((key) => memory.firstMs(key, NOW - 100 * HOUR))).toEqual([
      undefined,
      NOW,
      NOW - 100 * HOUR,
    ]);
  });

  test("for 200,000 keys and as many passes, in little memory and no two of them alike", () => {
    const memory = new OwnMemory();
    for (let at = 0; at < 200_000; at += 1) {
      memory.meet([`k${at}`], NOW);
      memory.givePass(`p${at}`, NOW);
    }
    expect([memory.size, memory.meet(["one more"], NOW)]).toEqual([400_000, false]);
    memory.givePass("one more", NOW);
    expect([memory.size, memory.hasPass("p0", NOW), memory.hasPass("p1", NOW)]).toEqual([
      400_000,
      false,
      true,
    ]);
    for (let at = 0; at < 200_000; at += 1) memory.meet([`l${at}`], NOW + 2 * HOUR);
    expect([memory.size, memory.firstMs("k199999", NOW), memory.firstMs("l0", NOW)]).toEqual([
      400_000,
      undefined,
      NOW + 2 * HOUR,
    ]);
  });
});

test("OwnMemory never holds more than it may, and what it has just met it has", () => {
  const step = fc.tuple(fc.constantFrom(..."abcdefgh"), fc.integer({ min: -2 * HOUR, max: 2 * HOUR }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = new OwnMemory(4);
      let nowMs = NOW;
      for (const [key, ms] of steps) {
        nowMs += ms;
        const has = memory.firstMs(key, nowMs) !== undefined || memory.meet([key], nowMs);
        expect(memory.firstMs(key, nowMs) !== undefined).toBe(has);
        memory.givePass(key, nowMs);
        expect(memory.hasPass(key, nowMs)).toBe(true);
        expect(memory.size).toBeLessThanOrEqual(8);
      }
    }),
  );
});
