import type { Deadlines } from "../limits/deadline.ts";
import { lookups } from "../limits/places.ts";
import type { Family } from "../text/address.ts";
import {
  type Exchanger,
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

type FoundList = Extract<ExchangerList, { kind: "found" }>;

const TOO_MANY: ExchangerList = { kind: "failed", cause: "too many domains are being looked up" };

/** One domain: its list so far, and those who wait for the lookup under way. */
interface Entry {
  list: ExchangerList | undefined;
  /** Until when that is good without a question. */
  goodUntilMs: number;
  /** Until when it is used although there are questions. */
  usableUntilMs: number;
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
    if (nowMs > entry.goodUntilMs && entry.waiting === undefined) this.#ask(domain, entry);
    if (nowMs <= Math.max(entry.goodUntilMs, entry.usableUntilMs)) return entry.list;
    entry.waiting?.add(learnt);
    return undefined;
  }

  #add(domain: string): Entry | undefined {
    if (this.#entries.size >= MAX_DOMAINS && !this.#forgetOne()) return undefined;
    const never = Number.NEGATIVE_INFINITY;
    const entry: Entry = { list: undefined, goodUntilMs: never, usableUntilMs: never, waiting: undefined };
    this.#entries.set(domain, entry);
    return entry;
  }

  #forgetOne(): boolean {
    for (const [domain, { waiting }] of this.#entries)
      if (waiting === undefined) return this.#entries.delete(domain);
    return false;
  }

  #ask(domain: string, entry: Entry): void {
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

/** An old list is worth more than none, and so is what it has of an exchanger that cannot be looked up now. */
function learn(entry: Entry, list: ExchangerList): void {
  const nowMs = performance.now();
  const waiting = entry.waiting ?? [];
  entry.waiting = undefined;
  const isWhole = list.kind === "found" && list.exchangers.every(({ failed }) => failed.length === 0);
  const isOldUsable = entry.list?.kind === "found" && nowMs <= entry.usableUntilMs;
  entry.goodUntilMs = nowMs + (isWhole ? FRESH_MS : FAILED_MS);
  if (isWhole || (list.kind === "found" && !isOldUsable)) entry.usableUntilMs = entry.goodUntilMs + STALE_MS;
  if (isWhole || !isOldUsable) entry.list = list;
  else if (list.kind === "found") entry.list = completed(list, entry.list);
  for (const learnt of waiting) learnt();
}

function completed(list: FoundList, old: ExchangerList | undefined): ExchangerList {
  const before = old?.kind === "found" ? old.exchangers : [];
  const complete = (exchanger: Exchanger) => {
    const known = before.find(({ name }) => name === exchanger.name);
    return known === undefined ? exchanger : withKnown(exchanger, known);
  };
  return { kind: "found", exchangers: list.exchangers.map(complete) };
}

/** Of each family what was found out now, else what was known. */
function withKnown(exchanger: Exchanger, known: Exchanger): Exchanger {
  const { failed } = exchanger;
  const of = (family: Family) => (failed.includes(family) ? known : exchanger).addresses[family];
  return {
    ...exchanger,
    addresses: { 4: of(4), 6: of(6) },
    isIpv4Alone: failed.includes(6) ? known.isIpv4Alone : exchanger.isIpv4Alone,
  };
}
