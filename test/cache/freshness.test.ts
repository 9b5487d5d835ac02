import { expect, test } from "bun:test";
import { isUsable, keepMs } from "../../src/cache/freshness.ts";
import { kept, keptOutcomes } from "./cache-fixtures.ts";

const times = { upMs: 30_000, downMs: 120_000 };
const entry = kept({ checkedAtMs: 1_000_000, expiresAtMs: 1_060_000 });
const late = { ...entry, outcome: { kind: "timed-out", stage: "greeting" } } as const;

test("keepMs() tells available servers from those that are not", () => {
  for (const outcome of keptOutcomes) {
    expect(keepMs(outcome, times)).toBe(outcome.kind === "greeted" ? 30_000 : 120_000);
  }
});

test("keepMs() keeps nothing that says nothing about the server", () => {
  expect(keepMs({ kind: "no-resources", cause: "EMFILE" }, times)).toBe(0);
  expect(keepMs({ kind: "skipped", why: "stop-host" }, times)).toBe(0);
});

test("keepMs() has an end", () => {
  expect(keepMs({ kind: "closed", stage: "greeting" }, { upMs: 1, downMs: 1e15 })).toBe(2 ** 31 - 1);
});

test.each([
  ["just checked", entry, 10_000, 1_000_000, true],
  ["about to expire", entry, 10_000, 1_059_999, true],
  ["expired", entry, 10_000, 1_060_000, false],
  ["from a machine whose clock is ahead", entry, 10_000, 998_000, true],
  ["from the future", entry, 10_000, 997_999, false],
  ["out of time after exactly the asker's limit", late, 10_000, 1_000_000, true],
  ["out of time after more", late, 9_999, 1_000_000, true],
  ["out of time after less", late, 10_001, 1_000_000, false],
  ["out of time after less than for ever", late, Number.POSITIVE_INFINITY, 1_000_000, false],
  ["out of time after for ever", { ...late, limitMs: null }, Number.POSITIVE_INFINITY, 1_000_000, true],
  ["refused, under a shorter limit", { ...entry, limitMs: 1 }, 10_000, 1_000_000, true],
] as const)("isUsable() judges an outcome that is %s", (_, what, limitMs, nowMs, usable) => {
  expect(isUsable(what, limitMs, times, nowMs)).toBe(usable);
});

test("isUsable() goes by the asker's own times too", () => {
  const own = { upMs: 30_000, downMs: 5_000 };
  expect(isUsable(entry, 10_000, own, 1_004_999)).toBe(true);
  expect(isUsable(entry, 10_000, own, 1_005_000)).toBe(false);
  expect(isUsable(entry, 10_000, { ...own, downMs: 0 }, 1_000_000)).toBe(false);
});
