import { expect, test } from "bun:test";
import { describeProgress, type Progress } from "../../src/report/progress.ts";

test.each<[Progress, string]>([
  [
    { total: null, settled: 0, available: 0, elapsedMs: 1_000, limitMs: Number.POSITIVE_INFINITY },
    "looking up the mail exchangers",
  ],
  [
    { total: 1, settled: 0, available: 0, elapsedMs: 1_000, limitMs: Number.POSITIVE_INFINITY },
    "0 of 1 settled, 0 available",
  ],
  [
    { total: 40, settled: 3, available: 1, elapsedMs: 2_000, limitMs: Number.POSITIVE_INFINITY },
    "3 of 40 settled, 1 available, 1.5 a second, 25 s left",
  ],
  [
    { total: 1_000_000, settled: 1_200, available: 999, elapsedMs: 1_000, limitMs: Number.POSITIVE_INFINITY },
    "1,200 of 1,000,000 settled, 999 available, 1,200 a second, 833 s left",
  ],
  [
    { total: 5, settled: 5, available: 5, elapsedMs: 1_000, limitMs: Number.POSITIVE_INFINITY },
    "5 of 5 settled, 5 available, 5.0 a second, 0 s left",
  ],
  [
    { total: 40, settled: 3, available: 1, elapsedMs: 2_000, limitMs: 10_250 },
    "3 of 40 settled, 1 available, 1.5 a second, 9 s left",
  ],
])("describeProgress() of %p", (progress, line) => {
  expect(describeProgress(progress)).toBe(line);
});
