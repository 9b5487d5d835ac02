import { MxLookupError } from "../names/exchanges.ts";
import type { Report } from "./report.ts";
import { StopHostError } from "./stop-hosts.ts";

/** From the start of one round to that of the next, while the waiting is young. */
const ROUND_MS = 1_000;
/** The same later: a server that takes a minute to come up need not be asked sixty times. */
const LATE_ROUND_MS = 5_000;
const YOUNG_MS = 10_000;
/** What is kept back for a last round, so that the end of the waiting is not slept through. */
const LAST_ROUND_MS = 250;

/** What one round came to: a report, or a lookup that failed and said nothing about the servers. */
export type Round = Report | MxLookupError | StopHostError;

/** What is waited for, how long and how. */
export interface Rounds {
  /** One round, which is given the milliseconds that are left. */
  check(leftMs: number): Promise<Report>;
  isMet(report: Report): Promise<boolean>;
  readonly waitMs: number;
  /** From the start of one round to that of the next; undefined is once a second at first, then every five. */
  readonly intervalMs: number | undefined;
  /** Called after every round but the last. */
  onRound(round: Round): void;
}

/**
 * Checks again and again, until all is as it is waited for or the time is over. Resolves to the last round's report.
 * @throws whatever the last round threw; what is no failed lookup at once.
 */
export async function checkUntilMet(rounds: Rounds): Promise<Report> {
  const { waitMs, intervalMs } = rounds;
  const beganAtMs = performance.now();
  const endMs = beganAtMs + waitMs;
  const lastStartMs = endMs - LAST_ROUND_MS;
  for (let isLast = false; ; ) {
    const startedAtMs = performance.now();
    const round = await rounds.check(endMs - startedAtMs).catch(failedLookup);
    const isMet = !(round instanceof Error) && (await rounds.isMet(round));
    if (isMet || isLast || performance.now() >= lastStartMs) {
      if (round instanceof Error) throw round;
      return round;
    }
    rounds.onRound(round);
    const usualMs = startedAtMs - beganAtMs < YOUNG_MS ? ROUND_MS : LATE_ROUND_MS;
    const nextMs = Math.min(startedAtMs + (intervalMs ?? usualMs), lastStartMs);
    // A timer may ring a moment early, and then a round more would follow the last.
    isLast = nextMs === lastStartMs;
    await Bun.sleep(Math.max(0, nextMs - performance.now()));
  }
}

function failedLookup(error: unknown): MxLookupError | StopHostError {
  if (error instanceof MxLookupError || error instanceof StopHostError) return error;
  throw error;
}
