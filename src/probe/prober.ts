import { type Deadlines, deadlinesOf } from "../limits/deadline.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { type Family, familyOf } from "../text/address.ts";
import type { Target } from "../text/target.ts";
import { interleaveFamilies, tryAddresses } from "./addresses.ts";
import type { Attempts } from "./attempts.ts";
import { type Lookups, literal, type TimedLookup } from "./lookups.ts";
import { unprobed } from "./outcome.ts";
import type { Probe, ProbeAsker } from "./probe.ts";

/** What a run allows its probes, and what it remembers. */
export interface ProberSettings {
  /** For lookup, connect and greeting of one target together; may be infinite. */
  readonly timeoutMs: number;
  /** Connect by this family only. */
  readonly family: Family | undefined;
  readonly lookups: Lookups;
  readonly attempts: Attempts;
}

/** Probes targets by their own addresses. A target's time does not run while it waits for others: between its lookup and this call, or for a place. */
export function prober(settings: ProberSettings): Probe {
  return (target, signal, asker) => {
    const connect = (timed: TimedLookup) =>
      probeAddresses(target, timed, deadlinesOf(signal), settings, asker);
    if (familyOf(target.host) !== undefined) return connect(literal(target.host));
    settings.lookups.of(target.host).then(connect, asker.failed).catch(asker.failed);
  };
}

function probeAddresses(
  target: Target,
  { lookup, dnsMs }: TimedLookup,
  deadlines: Deadlines,
  { family, timeoutMs, attempts }: ProberSettings,
  asker: ProbeAsker,
): void {
  if (lookup.kind !== "found") {
    asker.settled(unprobed(target, lookup, dnsMs));
    return;
  }
  const endpoints: Endpoint[] = [];
  for (const address of interleaveFamilies(lookup.addresses)) {
    if (family === undefined || familyOf(address) === family) endpoints.push({ address, port: target.port });
  }
  if (endpoints.length === 0) {
    asker.settled(unprobed(target, { kind: "not-found" }, dnsMs));
    return;
  }

  const budgetMs = timeoutMs - (dnsMs ?? 0);
  if (budgetMs <= 0) {
    asker.settled(unprobed(target, { kind: "timed-out", stage: "dns" }, dnsMs));
    return;
  }
  tryAddresses(endpoints, budgetMs, attempts, deadlines, ({ decisive, attempts: all, elapsedMs }) =>
    asker.settled({
      target,
      outcome: decisive.outcome,
      address: decisive.endpoint.address,
      dnsMs,
      connectMs: decisive.connectMs,
      greetingMs: decisive.greetingMs,
      elapsedMs: (dnsMs ?? 0) + elapsedMs,
      cachedAtMs: null,
      attempts: all,
    }),
  );
}
