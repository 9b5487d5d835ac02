import { afterEach, describe, expect, jest, test } from "bun:test";
import { inTurn } from "../../src/limits/in-turn.ts";

afterEach(() => {
  jest.useRealTimers();
});

/** Items that end when told to, with a rank; 0 is good. */
function play(count: number, settings: { readonly goesOn?: () => boolean; readonly waits?: boolean } = {}) {
  const started: number[] = [];
  const begun: (() => void)[] = [];
  const settle: ((rank: number) => void)[] = [];
  const over: { readonly decisive: number; readonly all: readonly number[] }[] = [];
  inTurn<number, number>({
    items: Array.from({ length: count }, (_, at) => at),
    staggerMs: 250,
    goesOn: settings.goesOn ?? (() => true),
    isGood: (result) => result === 0,
    rank: (result) => result,
    start(item, hasBegun, settled) {
      started.push(item);
      begun.push(hasBegun);
      settle.push(settled);
      if (!settings.waits) hasBegun();
    },
    over: (decisive, all) => over.push({ decisive, all: [...all] }),
  });
  return { started, begun, settle, over };
}

describe("inTurn()", () => {
  test("starts the next after the stagger, and ends with the first good one", () => {
    jest.useFakeTimers();
    const { started, settle, over } = play(3);
    jest.advanceTimersByTime(249);
    expect(started).toEqual([0]);
    jest.advanceTimersByTime(1);
    expect(started).toEqual([0, 1]);
    settle[0]?.(0);
    expect(over).toEqual([{ decisive: 0, all: [0] }]);
    settle[1]?.(5);
    jest.advanceTimersByTime(1_000);
    expect([started, over.length, jest.getTimerCount()]).toEqual([[0, 1], 1, 0]);
  });

  test("starts the next at once when one fails, and ends with the most telling, the first of two", () => {
    const { started, settle, over } = play(4);
    for (const [at, rank] of [7, 3, 9, 3].entries()) {
      expect(over).toEqual([]);
      settle[at]?.(rank);
    }
    expect([started, over]).toEqual([[0, 1, 2, 3], [{ decisive: 3, all: [7, 3, 9, 3] }]]);
  });

  test("waits for one under way when the others have failed", () => {
    jest.useFakeTimers();
    const { settle, over } = play(2);
    jest.advanceTimersByTime(250);
    settle[1]?.(4);
    expect(over).toEqual([]);
    settle[0]?.(0);
    expect(over).toEqual([{ decisive: 0, all: [4, 0] }]);
  });

  test("has the stagger begin when one is under way, and starts none meanwhile", () => {
    jest.useFakeTimers();
    const { started, begun } = play(2, { waits: true });
    jest.advanceTimersByTime(10_000);
    expect(started).toEqual([0]);
    begun[0]?.();
    jest.advanceTimersByTime(250);
    expect(started).toEqual([0, 1]);
  });

  test("starts none when it is not to go on, but the first", () => {
    const { started, settle, over } = play(3, { goesOn: () => false });
    settle[0]?.(6);
    expect([started, over]).toEqual([[0], [{ decisive: 6, all: [6] }]]);
  });

  test("keeps no process alive that has nothing else to wait for", async () => {
    const code = `
      const { inTurn } = await import(${JSON.stringify(`${import.meta.dir}/../../src/limits/in-turn.ts`)});
      inTurn({ items: [1, 2], staggerMs: 60_000, goesOn: () => true, start: (_, begun) => begun() });`;
    await using child = Bun.spawn([process.execPath, "-e", code]);
    expect(await child.exited).toBe(0);
  });
});
