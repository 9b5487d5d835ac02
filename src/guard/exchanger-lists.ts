import type { Deadlines } from "../limits/deadline.ts";
import { lookups } from "../limits/places.ts";
import {
  type ExchangerList,
  type GuardResolver,
  type LookupTimes,
  lookUpList,
  lookupTimesOf,
} from "./exchanger-list.ts";

/** How long a list is good without a question; the resolver's own memory heeds the records' TTL beyond that, up to 5 min. */
const FRESH_MS = 60_000;
/** An expired list is used while its renewal is under way or fails, so long. */
const STALE_MS = 300_000;
/** A failed lookup is remembered. */
const FAILED_MS = 10_000;
/** Most domains that are known at a time; the one goes that was first asked for. */
const MAX_DOMAINS = 10_000;

const TOO_MANY: ExchangerList = { kind: "failed", cause: "too many domains are being looked up" };

/** One domain: its list so far, and those who wait for the lookup under way. */
interface Entry {
  list: ExchangerList | undefined;
  /** When what is known was learnt, and when it was asked for last. */
  learntAtMs: number;
  askedAtMs: number;
  waiting: Set<() => void> | undefined;
}

/** The exchanger lists of all domains, each looked up once for all who ask, and again when it is old. */
export class ExchangerLists {
  readonly #resolver: GuardResolver;
  readonly #times: LookupTimes;
  readonly #entries = new Map<string, Entry>();

  /** Lookups end with the run whose deadlines these are. */
  constructor(resolver: GuardResolver, deadlines: Deadlines) {
    this.#resolver = resolver;
    this.#times = lookupTimesOf(deadlines);
  }

  /** How many domains are known. */
  get size(): number {
    return this.#entries.size;
  }

  /** The list of a domain as far as it is known; undefined while it is looked up: `learnt` is called when that has come to an end. */
  of(domain: string, nowMs: number, learnt: () => void): ExchangerList | undefined {
    const entry = this.#entries.get(domain) ?? this.#add(domain);
    if (entry === undefined) return TOO_MANY;
    const ageMs = nowMs - entry.learntAtMs;
    const isGood = ageMs <= (entry.list?.kind === "found" ? FRESH_MS : FAILED_MS);
    if (!isGood && entry.waiting === undefined && nowMs - entry.askedAtMs > FAILED_MS)
      this.#ask(domain, entry, nowMs);
    if (isGood || (entry.list?.kind === "found" && ageMs <= FRESH_MS + STALE_MS)) return entry.list;
    entry.waiting?.add(learnt);
    return undefined;
  }

  #add(domain: string): Entry | undefined {
    if (this.#entries.size >= MAX_DOMAINS && !this.#forgetOne()) return undefined;
    const never = Number.NEGATIVE_INFINITY;
    const entry: Entry = { list: undefined, learntAtMs: never, askedAtMs: never, waiting: undefined };
    this.#entries.set(domain, entry);
    return entry;
  }

  #forgetOne(): boolean {
    for (const [domain, { waiting }] of this.#entries)
      if (waiting === undefined) return this.#entries.delete(domain);
    return false;
  }

  #ask(domain: string, entry: Entry, nowMs: number): void {
    entry.askedAtMs = nowMs;
    entry.waiting = new Set();
    lookups.enter(() => {
      lookUpList(domain, this.#resolver, this.#times)
        .catch((error): ExchangerList => ({ kind: "failed", cause: String(error) }))
        .then((list) => {
          lookups.leave();
          learn(entry, list);
        });
    });
  }
}

/** An old list is worth more than none. */
function learn(entry: Entry, list: ExchangerList): void {
  const nowMs = performance.now();
  const waiting = entry.waiting ?? [];
  entry.waiting = undefined;
  const isStillGood = entry.list?.kind === "found" && nowMs - entry.learntAtMs <= FRESH_MS + STALE_MS;
  if (list.kind === "found" || !isStillGood) {
    entry.list = list;
    entry.learntAtMs = nowMs;
  }
  for (const learnt of waiting) learnt();
}
