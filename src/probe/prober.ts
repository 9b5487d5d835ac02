import { deadlinesOf } from "../limits/deadline.ts";
import type { Attempt } from "../smtp/attempt.ts";
import type { Talk } from "../smtp/script.ts";
import { type Family, familyOf } from "../text/address.ts";
import { isSocketPath, type Target } from "../text/target.ts";
import { type Tried, tryAddresses } from "./addresses.ts";
import type { Attempts } from "./attempts.ts";
import { type Lookups, mostTellingFailure } from "./lookups.ts";
import { isSuccess, laterMs, type ProbeOutcome, type ServerReport, unprobed } from "./outcome.ts";
import type { Probe } from "./probe.ts";

/** What a run allows its probes, and what it remembers. */
export interface ProberSettings {
  /** For lookup, connect and greeting of one target together; may be infinite. */
  readonly timeoutMs: number;
  /** Connect by this family only. */
  readonly family: Family | undefined;
  readonly lookups: Lookups;
  readonly attempts: Attempts;
  /** How a target is talked to. */
  readonly talkWith: (target: Target) => Talk;
}

const BOTH_FAMILIES: readonly Family[] = [6, 4];

/** Probes targets by their own addresses. A target's time does not run while it waits for others: between its lookup and this call, or for a place. */
export function prober({ timeoutMs, family, lookups, attempts, talkWith }: ProberSettings): Probe {
  const families = family === undefined ? BOTH_FAMILIES : [family];
  return (target, signal, asker) => {
    const deadlines = deadlinesOf(signal);
    const talk = talkWith(target);
    if (familyOf(target.host) !== undefined || isSocketPath(target.host)) {
      asker.reached?.("connect");
      attempts.ask({ address: target.host, port: target.port }, talk, {
        admitted: () => deadlines.after(timeoutMs),
        settled: (decisive) => asker.settled(decided(target, decisive)),
        reached: asker.reached,
      });
      return;
    }
    asker.reached?.("dns");
    const trial = {
      port: target.port,
      families,
      timeoutMs,
      attempts,
      deadlines,
      talk,
      reached: asker.reached,
    };
    const settled = (tried: Tried) => asker.settled(reportOf(target, tried));
    tryAddresses(lookups.of(target.host), trial, settled, asker.failed);
  };
}

function decided(target: Target, decisive: Attempt): ServerReport {
  const { outcome, endpoint, connectMs, greetingMs, dialogue } = decisive;
  return {
    target,
    outcome,
    address: endpoint.address,
    dnsMs: null,
    connectMs,
    greetingMs,
    elapsedMs: (connectMs ?? 0) + (greetingMs ?? 0) + laterMs(decisive),
    cachedAtMs: null,
    attempts: [decisive],
    dialogue,
  };
}

function reportOf(target: Target, tried: Tried): ServerReport {
  const { decisive, lookups, attempts, dnsMs, elapsedMs, leftOut } = tried;
  const failure = mostTellingFailure(lookups);
  if (decisive === undefined) return unprobed(target, failure ?? { kind: "not-found" }, dnsMs);
  const report = { ...decided(target, decisive), dnsMs, elapsedMs, attempts, ...addressesLeftOut(leftOut) };
  return failure !== undefined && outweighs(failure, decisive.outcome)
    ? { ...report, outcome: failure, address: null, connectMs: null, greetingMs: null, dialogue: undefined }
    : report;
}

function addressesLeftOut(count: number): Pick<ServerReport, "addressesLeftOut"> {
  return count === 0 ? {} : { addressesLeftOut: count };
}

/**
 * Whether the one family's failed lookup tells more than the other's failed addresses: that this machine failed always
 * does, and any but "not found" tells more than that there is no route.
 */
function outweighs(failure: ProbeOutcome, outcome: ProbeOutcome): boolean {
  if (isSuccess(outcome) || failure.kind === "not-found") return false;
  return failure.kind === "no-resources" || outcome.kind === "unreachable";
}
