import { MAX_TIMEOUT_MS } from "../limits/deadline.ts";
import { type ProbeOutcome, statusOf } from "../probe/outcome.ts";
import type { Kept } from "./store.ts";

/** How long outcomes are kept, in milliseconds; 0 for not at all. */
export interface KeepTimes {
  /** For a server that is available. */
  readonly upMs: number;
  /** For one that is not. */
  readonly downMs: number;
}

/** How far the clocks of machines that share a cache may be apart. */
const CLOCK_SKEW_MS = 2_000;

/** How long an outcome is kept, in milliseconds. One that says nothing about the server is never kept: 0. */
export function keepMs(outcome: ProbeOutcome, { upMs, downMs }: KeepTimes): number {
  switch (statusOf(outcome)) {
    case "available":
      return Math.min(upMs, MAX_TIMEOUT_MS);
    case "unavailable":
      return Math.min(downMs, MAX_TIMEOUT_MS);
    case "undetermined":
    case "skipped":
      return 0;
  }
}

/**
 * Whether what was kept answers somebody who would wait this long himself: it has not expired, neither by the times
 * of whoever kept it nor by the asker's own; it was not kept in the future, by a clock that has been set back; and if
 * it says that time ran out, then the asker's time would have run out too.
 */
export function isUsable(kept: Kept, limitMs: number, times: KeepTimes, nowMs: number): boolean {
  const { outcome, checkedAtMs, expiresAtMs } = kept;
  if (checkedAtMs > nowMs + CLOCK_SKEW_MS) return false;
  if (nowMs >= Math.min(expiresAtMs, checkedAtMs + keepMs(outcome, times))) return false;
  return outcome.kind !== "timed-out" || (kept.limitMs ?? Number.POSITIVE_INFINITY) >= limitMs;
}
