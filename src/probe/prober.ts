import { type Deadlines, deadlinesOf } from "../limits/deadline.ts";
import type { Attempt } from "../smtp/attempt.ts";
import { type Family, familyOf } from "../text/address.ts";
import type { Target } from "../text/target.ts";
import { type Tried, tryAddresses } from "./addresses.ts";
import type { Attempts } from "./attempts.ts";
import { type Lookups, mostTellingFailure } from "./lookups.ts";
import { type ProbeOutcome, type ServerReport, unprobed } from "./outcome.ts";
import type { Probe } from "./probe.ts";

/** What a run allows its probes, and what it remembers. */
export interface ProberSettings {
  /** For lookup, connect and greeting of one target together; may be infinite. */
  readonly timeoutMs: number;
  /** Connect by this family only. */
  readonly family: Family | undefined;
  readonly lookups: Lookups;
  readonly attempts: Attempts;
}

const BOTH_FAMILIES: readonly Family[] = [6, 4];

/** Probes targets by their own addresses. A target's time does not run while it waits for others: between its lookup and this call, or for a place. */
export function prober({ timeoutMs, family, lookups, attempts }: ProberSettings): Probe {
  const families = family === undefined ? BOTH_FAMILIES : [family];
  return (target, signal, asker) => {
    const deadlines = deadlinesOf(signal);
    if (familyOf(target.host) !== undefined) {
      probeAddress(target, timeoutMs, attempts, deadlines, asker.settled);
      return;
    }
    const trial = { port: target.port, families, timeoutMs, attempts, deadlines };
    const settled = (tried: Tried) => asker.settled(reportOf(target, tried));
    tryAddresses(lookups.of(target.host), trial, settled, asker.failed);
  };
}

function probeAddress(
  target: Target,
  timeoutMs: number,
  attempts: Attempts,
  deadlines: Deadlines,
  settled: (report: ServerReport) => void,
): void {
  attempts.ask(
    { address: target.host, port: target.port },
    {
      admitted: () => deadlines.after(timeoutMs),
      settled: (decisive) => settled(decided(target, decisive)),
    },
  );
}

function decided(target: Target, decisive: Attempt): ServerReport {
  const { outcome, endpoint, connectMs, greetingMs } = decisive;
  return {
    target,
    outcome,
    address: endpoint.address,
    dnsMs: null,
    connectMs,
    greetingMs,
    elapsedMs: (connectMs ?? 0) + (greetingMs ?? 0),
    cachedAtMs: null,
    attempts: [decisive],
  };
}

function reportOf(target: Target, tried: Tried): ServerReport {
  const { decisive, lookups, attempts, dnsMs, elapsedMs, leftOut } = tried;
  const failure = mostTellingFailure(lookups);
  if (decisive === undefined) return unprobed(target, failure ?? { kind: "not-found" }, dnsMs);
  const report = { ...decided(target, decisive), dnsMs, elapsedMs, attempts, ...addressesLeftOut(leftOut) };
  return failure !== undefined && outweighs(failure, decisive.outcome)
    ? { ...report, outcome: failure, address: null, connectMs: null, greetingMs: null }
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
  if (outcome.kind === "greeted" || failure.kind === "not-found") return false;
  return failure.kind === "no-resources" || outcome.kind === "unreachable";
}
