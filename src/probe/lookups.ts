import { type Deadlines, deadline } from "../limits/deadline.ts";
import type { Places } from "../limits/places.ts";
import type { LimitedLookup, Resolver } from "../names/system.ts";
import { type Family, familyOf } from "../text/address.ts";

/** How names are looked up. */
export interface LookupSettings {
  readonly resolver: Resolver;
  /** Ask for this family only. */
  readonly family: Family | undefined;
  /** For one name; may be infinite. */
  readonly timeoutMs: number;
  readonly deadlines: Deadlines;
  readonly places: Places;
}

/** What came of a name, and how long that took. */
export interface TimedLookup {
  readonly lookup: LimitedLookup;
  /** Null for an address, which needs none. */
  readonly dnsMs: number | null;
}

/** The names of one run: each is looked up once, and forgotten with this object. The places are the process's. */
export class Lookups {
  readonly #settings: LookupSettings;
  readonly #known = new Map<string, Promise<TimedLookup>>();

  constructor(settings: LookupSettings) {
    this.#settings = settings;
  }

  /**
   * The addresses of a host, of which an address has one: itself. A lookup that takes too long is a value too.
   * @throws what the resolver rejects with, which is a defect of its own.
   */
  of(host: string): Promise<TimedLookup> {
    if (familyOf(host) !== undefined) return Promise.resolve(literal(host));
    const earlier = this.#known.get(host);
    if (earlier !== undefined) return earlier;
    const timed = this.#lookUp(host);
    this.#known.set(host, timed);
    return timed;
  }

  #lookUp(host: string): Promise<TimedLookup> {
    const { places } = this.#settings;
    return new Promise((resolve, reject) =>
      places.enter(() => {
        this.#ask(host)
          .then(resolve, reject)
          .finally(() => places.leave());
      }),
    );
  }

  async #ask(host: string): Promise<TimedLookup> {
    const { resolver, family, timeoutMs, deadlines } = this.#settings;
    const startedAtMs = performance.now();
    const limit = deadlines.after(timeoutMs);
    if (limit.isOver) return { lookup: { kind: "timed-out", stage: "dns" }, dnsMs: 0 };
    const asked = resolver.addresses(host, family, limit.signal);
    const lookup = await deadline(asked, limit.signal).catch((error) => {
      if (!limit.isOver) throw error;
      return { kind: "timed-out", stage: "dns" } as const;
    });
    return { lookup, dnsMs: performance.now() - startedAtMs };
  }
}

/** The lookup of an address, which needs none. */
export function literal(address: string): TimedLookup {
  return { lookup: { kind: "found", addresses: [address] }, dnsMs: null };
}
