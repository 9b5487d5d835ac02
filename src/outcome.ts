import type { Standing } from "./candidates.ts";
import type { AddressLookup } from "./dns.ts";
import type { Attempt, AttemptOutcome } from "./smtp/dialogue.ts";
import type { Target } from "./target.ts";
import type { Availability } from "./verdict.ts";

/** What came of one target: of its lookup, of its attempts, or that it does not count and was left out. */
export type ProbeOutcome =
  | AttemptOutcome
  | Exclude<AddressLookup, { kind: "found" }>
  | { readonly kind: "skipped"; readonly why: Exclude<Standing, "counts"> };

/** One target with its outcome and the evidence; milliseconds are null for a stage that was not reached or not needed. */
export interface ServerReport {
  readonly target: Target;
  readonly outcome: ProbeOutcome;
  /** The address that answered or failed. */
  readonly address: string | null;
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly greetingMs: number | null;
  /** Every connection that came to an end, in that order. */
  readonly attempts: readonly Attempt[];
}

/** What an outcome means for the verdict: that we failed ourselves is never held against a server. */
export function availabilityOf(outcome: ProbeOutcome): Availability | "skipped" {
  switch (outcome.kind) {
    case "greeted":
      return "available";
    case "no-resources":
      return "undetermined";
    case "skipped":
      return "skipped";
    case "declined":
    case "not-smtp":
    case "closed":
    case "reset":
    case "timed-out":
    case "refused":
    case "unreachable":
    case "not-found":
    case "dns-failure":
      return "unavailable";
  }
}
