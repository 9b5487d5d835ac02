import { deadline } from "../limits/abort.ts";
import type { Deadlines } from "../limits/deadline.ts";
import type { Places } from "../limits/places.ts";
import type { AddressLookup, Resolver } from "../names/resolver.ts";
import type { Family } from "../text/address.ts";

/** What one family of a name came to, within a limit. */
export type LimitedLookup = AddressLookup | { readonly kind: "timed-out"; readonly stage: "dns" };

/** The same with the time it took. */
export interface TimedLookup {
  readonly family: Family;
  readonly lookup: LimitedLookup;
  readonly dnsMs: number;
}

/** How names are looked up. */
export interface LookupSettings {
  readonly resolver: Resolver;
  /** Ask for these families. */
  readonly families: readonly Family[];
  /** For one name; may be infinite. */
  readonly timeoutMs: number;
  readonly deadlines: Deadlines;
  readonly places: Places;
}

/** Whoever wants to know what a name leads to. */
export interface LookupWatcher {
  /** Called for every family, with what it came to; of the last one it is known that no other follows. */
  heard(answer: TimedLookup, isLast: boolean): void;
  /** The resolver rejected, which is a defect of its own. */
  failed(error: unknown): void;
}

/** One name that is being looked up: its families are answered one by one. */
export class HostLookup {
  readonly #answers: TimedLookup[] = [];
  readonly #watchers: LookupWatcher[] = [];
  #open: number;
  #defect: { readonly error: unknown } | undefined;

  /** So many families will be answered. */
  constructor(open: number) {
    this.#open = open;
  }

  /** Tells what is known at once, and the rest as it comes. */
  watch(watcher: LookupWatcher): void {
    if (this.#defect !== undefined) {
      watcher.failed(this.#defect.error);
      return;
    }
    const known = this.#answers.length;
    if (this.#open > 0) this.#watchers.push(watcher);
    for (let at = 0; at < known; at += 1) {
      const answer = this.#answers[at];
      if (answer !== undefined) watcher.heard(answer, this.#open === 0 && at === known - 1);
    }
  }

  /**
   * What every family came to.
   * @throws what the resolver rejected with.
   */
  all(): Promise<readonly LimitedLookup[]> {
    const lookups: LimitedLookup[] = [];
    return new Promise((resolve, failed) =>
      this.watch({
        heard({ lookup }, isLast) {
          lookups.push(lookup);
          if (isLast) resolve(lookups);
        },
        failed,
      }),
    );
  }

  /** @internal for {@link Lookups} */
  answer(answer: TimedLookup): void {
    this.#open -= 1;
    this.#answers.push(answer);
    for (const watcher of this.#watchers) watcher.heard(answer, this.#open === 0);
  }

  /** @internal for {@link Lookups} */
  fail(error: unknown): void {
    this.#defect = { error };
    for (const watcher of this.#watchers) watcher.failed(error);
  }
}

/** The names of one run: each is looked up once, and forgotten with this object. The places are the process's. */
export class Lookups {
  readonly #settings: LookupSettings;
  readonly #known = new Map<string, HostLookup>();

  constructor(settings: LookupSettings) {
    this.#settings = settings;
  }

  /** The addresses of a host name. A lookup that takes too long is a value too. */
  of(host: string): HostLookup {
    const earlier = this.#known.get(host);
    if (earlier !== undefined) return earlier;
    const lookup = new HostLookup(this.#settings.families.length);
    this.#known.set(host, lookup);
    this.#settings.places.enter(() => this.#lookUp(host, lookup));
    return lookup;
  }

  #lookUp(host: string, lookup: HostLookup): void {
    const { families, places, timeoutMs, deadlines } = this.#settings;
    const limit = deadlines.after(timeoutMs).signal;
    const startedAtMs = performance.now();
    const asked = families.map((family) =>
      this.#ask(host, family, limit).then((answer) =>
        lookup.answer({ family, lookup: answer, dnsMs: performance.now() - startedAtMs }),
      ),
    );
    Promise.all(asked)
      .catch((error) => lookup.fail(error))
      .finally(() => places.leave());
  }

  async #ask(host: string, family: Family, limit: AbortSignal): Promise<LimitedLookup> {
    const timedOut = { kind: "timed-out", stage: "dns" } as const;
    if (limit.aborted) return timedOut;
    try {
      return await deadline(this.#settings.resolver.addresses(host, family, limit), limit);
    } catch (error) {
      if (!limit.aborted) throw error;
      return timedOut;
    }
  }
}

/** The addresses that the families' answers have, in their order. */
export function addressesFound(lookups: readonly LimitedLookup[]): readonly string[] {
  const addresses: string[] = [];
  for (const lookup of lookups) if (lookup.kind === "found") addresses.push(...lookup.addresses);
  return addresses;
}

/** Which of several failures tells most, the lowest first; that we failed ourselves outweighs any of them. */
const RANK: Readonly<Record<Exclude<LimitedLookup["kind"], "found">, number>> = {
  "no-resources": 0,
  "dns-failure": 1,
  "timed-out": 2,
  "not-found": 3,
};

/** The failure among the families' answers that tells most; undefined when all of them have found something. */
export function mostTellingFailure(
  lookups: readonly LimitedLookup[],
): Exclude<LimitedLookup, { kind: "found" }> | undefined {
  let best: Exclude<LimitedLookup, { kind: "found" }> | undefined;
  for (const lookup of lookups) {
    if (lookup.kind === "found") continue;
    if (best === undefined || RANK[lookup.kind] < RANK[best.kind]) best = lookup;
  }
  return best;
}
