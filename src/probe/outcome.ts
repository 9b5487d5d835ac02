import type { AddressLookup } from "../names/resolver.ts";
import type { Attempt, AttemptOutcome, Dialogue, Stage } from "../smtp/attempt.ts";
import type { Target } from "../text/target.ts";

/** Why a target was left out: the --stop rule, a domain that takes no mail (null MX, RFC 7505), or one with too many exchangers. */
export type SkipReason = "stop-host" | "same-preference" | "after-stop" | "null-mx" | "too-many-exchangers";

/** What an outcome means for the question asked: nothing, for a target that was left out. */
export type Status = "available" | "unavailable" | "undetermined" | "skipped";

/**
 * What came of one target: of its lookup, of its attempts, or that it does not count and was left out. `waiting` is no
 * stage of ours: time ran out while another process asked, which was in `holderStage` when it was last heard of.
 */
export type ProbeOutcome =
  | AttemptOutcome
  | Exclude<AddressLookup, { kind: "found" }>
  | { readonly kind: "timed-out"; readonly stage: "waiting"; readonly holderStage?: Stage }
  | { readonly kind: "bad-exchange"; readonly why: "address" | "no-host-name" }
  | { readonly kind: "skipped"; readonly why: SkipReason };

/** One target with its outcome and the evidence; milliseconds are null for a stage that was not reached or not needed. */
export interface ServerReport {
  readonly target: Target;
  readonly outcome: ProbeOutcome;
  /** The address that answered or failed. */
  readonly address: string | null;
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly greetingMs: number | null;
  /** All the time spent on this target, its other addresses included; null when none was. */
  readonly elapsedMs: number | null;
  /** When a cached answer was obtained, in milliseconds since the epoch; null for one obtained just now. */
  readonly cachedAtMs: number | null;
  /** Every connection that came to an end, in that order. */
  readonly attempts: readonly Attempt[];
  /** How many of the host's addresses were not tried because it has too many; left out for none. */
  readonly addressesLeftOut?: number;
  /** What was learnt past the greeting; left out where nothing was. */
  readonly dialogue?: Dialogue | undefined;
}

/** Whether a server came as far as it was to. */
export function isSuccess({ kind }: ProbeOutcome): boolean {
  return kind === "greeted" || kind === "reached";
}

/** What all stages past the greeting took, in milliseconds. */
export function laterMs({ dialogue }: Pick<Attempt, "dialogue">): number {
  if (dialogue === undefined) return 0;
  return Object.values(dialogue.stagesMs).reduce((sum, ms) => sum + ms, 0);
}

/** What an outcome means for the verdict: that we failed ourselves is never held against a server. */
export function statusOf(outcome: ProbeOutcome): Status {
  switch (outcome.kind) {
    case "greeted":
    case "reached":
      return "available";
    case "no-resources":
      return "undetermined";
    case "skipped":
      return "skipped";
    case "declined":
    case "busy":
    case "deferred":
    case "starttls-missing":
    case "tls-failed":
    case "certificate-untrusted":
    case "certificate-incomplete":
    case "certificate-expired":
    case "certificate-not-yet-valid":
    case "certificate-name":
    case "auth-missing":
    case "auth-failed":
    case "extension-missing":
    case "not-smtp":
    case "closed":
    case "reset":
    case "timed-out":
    case "refused":
    case "unreachable":
    case "not-found":
    case "dns-failure":
    case "bad-exchange":
      return "unavailable";
  }
}

/** The report of a target that was not connected to; `dnsMs` is the time its lookup took, if it had one. */
export function unprobed(target: Target, outcome: ProbeOutcome, dnsMs: number | null = null): ServerReport {
  const nothing = { address: null, connectMs: null, greetingMs: null, cachedAtMs: null, attempts: [] };
  return { target, outcome, ...nothing, dnsMs, elapsedMs: dnsMs };
}
