import { afterEach, describe, expect, jest, test } from "bun:test";
import { inTurn } from "../../src/limits/in-turn.ts";

afterEach(() => {
  jest.useRealTimers();
});

/** Items that end when told to, with a rank; 0 is good. */
function play(
  count: number,
  settings: {
    readonly goesOn?: () => boolean;
    readonly mayGrow?: () => boolean;
    readonly waits?: boolean;
  } = {},
) {
  const started: number[] = [];
  const begun: (() => void)[] = [];
  const settle: ((rank: number) => void)[] = [];
  const items = Array.from({ length: count }, (_, at) => at);
  const over: { readonly decisive: number | undefined; readonly all: readonly number[] }[] = [];
  const resume = inTurn<number, number>({
    next: () => items.shift(),
    mayGrow: () => settings.mayGrow?.() ?? false,
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
  return { started, begun, settle, over, resume, bring: (item: number) => items.push(item) };
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

  test("waits for what may come yet, and starts it at once when all others have failed", () => {
    let mayGrow = true;
    const { started, settle, over, resume, bring } = play(1, { mayGrow: () => mayGrow });
    settle[0]?.(6);
    expect([started, over]).toEqual([[0], []]);
    bring(1);
    resume();
    expect([started, over]).toEqual([[0, 1], []]);
    mayGrow = false;
    settle[1]?.(5);
    expect(over).toEqual([{ decisive: 5, all: [6, 5] }]);
  });

  test("ends when nothing more will come, without a result when nothing came", () => {
    let mayGrow = true;
    const { over, resume } = play(0, { mayGrow: () => mayGrow });
    resume();
    expect(over).toEqual([]);
    mayGrow = false;
    resume();
    resume();
    expect(over).toEqual([{ decisive: undefined, all: [] }]);
  });

  test("does not wait for what may come when time is over", () => {
    let goesOn = true;
    const { settle, over } = play(1, { mayGrow: () => true, goesOn: () => goesOn });
    goesOn = false;
    settle[0]?.(6);
    expect(over).toEqual([{ decisive: 6, all: [6] }]);
  });

  test("keeps to the stagger of one that is under way when more comes", () => {
    jest.useFakeTimers();
    const { started, resume, bring } = play(1, { mayGrow: () => true });
    jest.advanceTimersByTime(100);
    bring(1);
    resume();
    expect(started).toEqual([0]);
    jest.advanceTimersByTime(150);
    expect(started).toEqual([0, 1]);
    jest.advanceTimersByTime(1_000);
    bring(2);
    resume();
    expect(started).toEqual([0, 1, 2]);
  });

  test("starts nothing more after the end, and leaves no timer", () => {
    jest.useFakeTimers();
    const { started, settle, resume, bring } = play(2, { mayGrow: () => true });
    settle[0]?.(0);
    expect(jest.getTimerCount()).toBe(0);
    bring(2);
    resume();
    jest.advanceTimersByTime(1_000);
    expect(started).toEqual([0]);
  });

  test("keeps no process alive that has nothing else to wait for", async () => {
    const code = `
      const { inTurn } = await import(${JSON.stringify(`${import.meta.dir}/../../src/limits/in-turn.ts`)});
      inTurn({ next: () => 1, mayGrow: () => false, staggerMs: 60_000, goesOn: () => true, start: (_, begun) => begun() });`;
    await using child = Bun.spawn([process.execPath, "-e", code]);
    expect(await child.exited).toBe(0);
  });
});
