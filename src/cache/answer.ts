import type { ServerReport } from "../probe/outcome.ts";
import type { Kept, Question } from "./store.ts";

/** What probing a target comes to: its report without the target. */
export type Probed = Pick<
  ServerReport,
  "outcome" | "address" | "dnsMs" | "connectMs" | "greetingMs" | "elapsedMs" | "attempts"
>;

/** The same, and when it was probed if that was not just now: in milliseconds since 1970. */
export type Answer = Probed & { readonly cachedAtMs: number | null };

/** One question to a cache. */
export interface Asked {
  readonly question: Question;
  /** How long the asker's own probe may take, in milliseconds; may be infinite. */
  readonly limitMs: number;
  /** Ends the asking: the answer is then that time ran out, and nothing is kept. */
  readonly signal: AbortSignal;
  /** Finds out, until the signal; called only when nobody else knows or is about to. */
  readonly probe: (signal: AbortSignal) => Promise<Probed>;
}

/** The answer to one who waited for another's in vain. */
export const TIMED_OUT: Answer = {
  outcome: { kind: "timed-out", stage: "connect" },
  address: null,
  dnsMs: null,
  connectMs: null,
  greetingMs: null,
  elapsedMs: null,
  attempts: [],
  cachedAtMs: null,
};

/** Probes for an answer. */
export async function probed({ probe, signal }: Asked): Promise<Answer> {
  return { ...(await probe(signal)), cachedAtMs: null };
}

/** The answer that was kept: no time was spent on it, and no connection made. */
export function recalled({ outcome, address, checkedAtMs }: Kept): Answer {
  return { ...TIMED_OUT, outcome, address, cachedAtMs: checkedAtMs };
}
