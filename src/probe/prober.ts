import { Deadlines, deadline } from "../limits/deadline.ts";
import { Gate } from "../limits/gate.ts";
import { interleaveFamilies, type LimitedLookup, type Resolver } from "../names/system.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { type Family, familyOf } from "../text/address.ts";
import type { Target } from "../text/target.ts";
import { probe } from "./addresses.ts";
import { AttemptPool } from "./attempts.ts";
import { type ServerReport, unprobed } from "./outcome.ts";

/** What a run allows its probes. */
export interface ProberSettings {
  /** For lookup, connect and greeting of one target together; may be infinite. */
  readonly timeoutMs: number;
  /** Connect by this family only. */
  readonly family: Family | undefined;
  /** Look both families up even so: the stop rule compares all addresses. */
  readonly lookUpBoth: boolean;
  readonly maxConnections: number;
  readonly resolver: Resolver;
  /** Ends everything that is still under way. */
  readonly signal: AbortSignal;
}

/** Names looked up at a time: more overflow a name server's buffer, and then answers are lost. */
const MAX_LOOKUPS = 100;

interface TimedLookup {
  readonly lookup: LimitedLookup;
  /** Null for an address, which needs none. */
  readonly dnsMs: number | null;
}

/** Probes the targets of one run: each name is looked up once, each endpoint is connected to once. */
export class Prober {
  readonly #settings: ProberSettings;
  readonly #deadlines: Deadlines;
  readonly #pool: AttemptPool;
  readonly #lookupGate = new Gate(MAX_LOOKUPS);
  readonly #lookups = new Map<string, Promise<TimedLookup>>();

  constructor(settings: ProberSettings) {
    this.#settings = settings;
    this.#deadlines = new Deadlines(settings.signal);
    this.#pool = new AttemptPool(settings.maxConnections);
  }

  /** The addresses of a host, of which an address has one: itself. A lookup that takes too long is a value too. */
  async lookUp(host: string): Promise<LimitedLookup> {
    return familyOf(host) === undefined ? (await this.#timedLookup(host)).lookup : literal(host).lookup;
  }

  /** Probes one target. Its time does not run while it waits for others: between its lookup and this call, or for a place. */
  async probe(target: Target): Promise<ServerReport> {
    const { lookup, dnsMs } =
      familyOf(target.host) === undefined ? await this.#timedLookup(target.host) : literal(target.host);
    if (lookup.kind !== "found") return unprobed(target, lookup, dnsMs);
    const { family, timeoutMs } = this.#settings;
    const endpoints: Endpoint[] = [];
    for (const address of interleaveFamilies(lookup.addresses)) {
      if (family === undefined || familyOf(address) === family)
        endpoints.push({ address, port: target.port });
    }
    if (endpoints.length === 0) return unprobed(target, { kind: "not-found" }, dnsMs);

    const budgetMs = timeoutMs - (dnsMs ?? 0);
    if (budgetMs <= 0) return unprobed(target, { kind: "timed-out", stage: "dns" }, dnsMs);
    const { decisive, attempts, elapsedMs } = await probe(endpoints, budgetMs, this.#pool, this.#deadlines);
    return {
      target,
      outcome: decisive.outcome,
      address: decisive.endpoint.address,
      dnsMs,
      connectMs: decisive.connectMs,
      greetingMs: decisive.greetingMs,
      elapsedMs: (dnsMs ?? 0) + elapsedMs,
      cachedAtMs: null,
      attempts,
    };
  }

  #timedLookup(host: string): Promise<TimedLookup> {
    const earlier = this.#lookups.get(host);
    if (earlier !== undefined) return earlier;
    const timed = this.#startLookup(host);
    this.#lookups.set(host, timed);
    return timed;
  }

  async #startLookup(host: string): Promise<TimedLookup> {
    const { resolver, family, lookUpBoth, timeoutMs } = this.#settings;
    const entered = this.#lookupGate.enter();
    using _place = entered instanceof Promise ? await entered : entered;
    if (this.#settings.signal.aborted) return { lookup: { kind: "timed-out", stage: "dns" }, dnsMs: 0 };
    const startedAtMs = performance.now();
    const signal = this.#deadlines.after(timeoutMs);
    const lookup = await deadline(
      resolver.addresses(host, lookUpBoth ? undefined : family, signal),
      signal,
    ).catch((error) => {
      if (!signal.aborted) throw error;
      return { kind: "timed-out", stage: "dns" } as const;
    });
    return { lookup, dnsMs: performance.now() - startedAtMs };
  }
}

function literal(address: string): TimedLookup {
  return { lookup: { kind: "found", addresses: [address] }, dnsMs: null };
}
