import { MxLookupError } from "../names/exchanges.ts";
import type { Report } from "./report.ts";
import { StopHostError } from "./stop-hosts.ts";

/** From the start of one round to that of the next. */
const ROUND_MS = 1_000;
/** What is kept back for a last round, so that the end of the waiting is not slept through. */
const LAST_ROUND_MS = 250;

/** What one round came to: a report, or a lookup that failed and said nothing about the servers. */
export type Round = Report | MxLookupError | StopHostError;

/**
 * Checks again, once a second, until the requirement is met or the time is over. A round is given the milliseconds
 * that are left. Resolves to the last round's report.
 * @throws whatever the last round threw; what is no failed lookup at once.
 */
export async function checkUntilMet(
  check: (leftMs: number) => Promise<Report>,
  waitMs: number,
  onRound: (round: Round) => void,
): Promise<Report> {
  const endMs = performance.now() + waitMs;
  const lastStartMs = endMs - LAST_ROUND_MS;
  for (let isLast = false; ; ) {
    const startedAtMs = performance.now();
    const round = await check(endMs - startedAtMs).catch(failedLookup);
    const isMet = !(round instanceof Error) && round.met === true;
    if (isMet || isLast || performance.now() >= lastStartMs) {
      if (round instanceof Error) throw round;
      return round;
    }
    onRound(round);
    const nextMs = Math.min(startedAtMs + ROUND_MS, lastStartMs);
    // A timer may ring a moment early, and then a round more would follow the last.
    isLast = nextMs === lastStartMs;
    await Bun.sleep(Math.max(0, nextMs - performance.now()));
  }
}

function failedLookup(error: unknown): MxLookupError | StopHostError {
  if (error instanceof MxLookupError || error instanceof StopHostError) return error;
  throw error;
}
