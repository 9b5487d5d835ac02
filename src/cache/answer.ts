import type { ServerReport } from "../probe/outcome.ts";
import { STAGES, type Stage } from "../smtp/attempt.ts";
import { type Kept, nameOfOwner, type Question } from "./store.ts";

/** What probing a target comes to: its report without the target. */
export type Probed = Pick<
  ServerReport,
  "outcome" | "dialogue" | "address" | "dnsMs" | "connectMs" | "greetingMs" | "elapsedMs" | "attempts"
>;

/** The same, and when it was probed if that was not just now: in milliseconds since 1970. */
export type Answer = Probed & { readonly cachedAtMs: number | null };

/** One question to a cache. */
export interface Asked {
  readonly question: Question;
  /** What a success answers too: the same at earlier stages. */
  readonly earlier?: readonly Question[];
  /** How long the asker's own probe may take if it begins now, in milliseconds; may be infinite. */
  readonly limitMs: number;
  /** Ends the asking: the answer is then that time ran out, and nothing is kept. */
  readonly signal: AbortSignal;
  /** Finds out, until the signal; called only when nobody else knows or is about to. */
  readonly probe: (signal: AbortSignal, reached: (stage: Stage) => void) => Promise<Probed>;
}

const NOTHING_SPENT: Omit<Answer, "outcome"> = {
  address: null,
  dnsMs: null,
  connectMs: null,
  greetingMs: null,
  elapsedMs: null,
  attempts: [],
  cachedAtMs: null,
};

/** The answer to one who waited for another's for as long as its own probe may take, or until it was called off. */
export const TIMED_OUT: Answer = { ...NOTHING_SPENT, outcome: { kind: "timed-out", stage: "waiting" } };

/** The same, when the other has said how far it was. */
export function timedOutBehind(holder: string): Answer {
  const holderStage = stageOf(holder);
  if (holderStage === undefined) return TIMED_OUT;
  return { ...TIMED_OUT, outcome: { kind: "timed-out", stage: "waiting", holderStage } };
}

/** The answer to one whose time was over while others came and went: nobody has asked for so long at a stretch. */
export const CANNOT_TELL: Answer = {
  ...NOTHING_SPENT,
  outcome: { kind: "no-resources", cause: "time ran out while other processes asked it" },
};

/** Probes for an answer. */
export async function probed({ probe, signal }: Asked, reached: (stage: Stage) => void): Promise<Answer> {
  return { ...(await probe(signal, reached)), cachedAtMs: null };
}

/** The answer that was kept: no time was spent on it, and no connection made. */
export function recalled({ outcome, address, checkedAtMs }: Kept): Answer {
  return { ...NOTHING_SPENT, outcome, address, cachedAtMs: checkedAtMs };
}

/** How far the holder of a lease is, if it says that and we know it: what is in a store may be anybody's. */
function stageOf(holder: string): Stage | undefined {
  const said = holder.slice(nameOfOwner(holder).length + 1);
  return STAGES.find((stage) => stage === said);
}
