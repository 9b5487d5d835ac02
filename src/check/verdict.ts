import type { Status } from "../probe/outcome.ts";
import { Firsts } from "./firsts.ts";
import type { StopPlaces } from "./stop-places.ts";

/** Which available server is the answer: the first of the list, or the first to answer. */
export type Order = "list" | "arrival";

/** What is required of the servers that count: that none is available (the classic meaning), that one is, or every one. */
export type Requirement = "none" | "any" | "all";

/**
 * The answer: the index of the server to name, or that it is no, or that it cannot be told because of this machine.
 * What was asked is whether one is available, or, for the requirement `all`, whether every one is.
 */
export type Verdict =
  | { readonly status: "available"; readonly at: number }
  | { readonly status: "unavailable" }
  | { readonly status: "undetermined" };

/**
 * The verdict as soon as nothing that is still unknown can change it.
 *
 * Where the stop host stands may be unknown. Each place where it can be is tried, with every other unknown left open:
 * the verdict has fallen when all of them give the same one. The first place of each status, and the first of another
 * preference than that, say what each place gives; so a list twice as long takes twice the time and no more.
 */
export class Ballot {
  readonly #preferences: readonly (number | null)[];
  readonly #stops: StopPlaces;
  readonly #statuses: (Status | "unknown")[];
  readonly #first: Readonly<Record<Exclude<Status, "skipped">, Firsts>>;
  readonly #arrivals: number[] = [];
  /** The first that is unknown, and the first such of another preference; either only ever moves on. */
  #open = 0;
  #openOther = 0;
  #doubter: number | undefined;

  constructor(preferences: readonly (number | null)[], stops: StopPlaces) {
    this.#preferences = preferences;
    this.#stops = stops;
    this.#statuses = new Array(preferences.length).fill("unknown");
    this.#first = { available: new Firsts(), unavailable: new Firsts(), undetermined: new Firsts() };
  }

  /** Takes note of a target's status; the order of the calls is that of the arrivals. */
  note(at: number, status: Status): void {
    this.#statuses[at] = status;
    if (status === "available") this.#arrivals.push(at);
    if (status !== "skipped") this.#first[status].add(at, this.#preferenceAt(at));
  }

  /** Undefined while it is open. */
  verdict(order: Order, requirement: Requirement): Verdict | undefined {
    this.#advance();
    const { nearest, farthest } = this.#stops;
    const verdict = this.#verdictAt(farthest, order, requirement);
    if (verdict === undefined || this.#stops.isKnown) return verdict;
    const isSameAt = (stopAt: number) => isSame(verdict, this.#verdictAt(stopAt, order, requirement));
    if (this.#doubter !== undefined && this.#stops.has(this.#doubter) && !isSameAt(this.#doubter))
      return undefined;
    for (let stopAt = nearest; stopAt < farthest; stopAt += 1) {
      if (!this.#stops.has(stopAt) || isSameAt(stopAt)) continue;
      this.#doubter = stopAt;
      return undefined;
    }
    return verdict;
  }

  #verdictAt(stopAt: number, order: Order, requirement: Requirement): Verdict | undefined {
    const preference = this.#preferenceAt(stopAt);
    const isAny = (status: "available" | "unavailable" | "undetermined") =>
      this.#first[status].except(preference) < stopAt;
    const openAt = this.#openExcept(preference);
    if (requirement === "all") {
      if (isAny("unavailable")) return { status: "unavailable" };
      if (openAt < stopAt) return undefined;
      if (isAny("undetermined")) return { status: "undetermined" };
    }
    const at = this.#chosen(stopAt, preference, order);
    if (at !== undefined && (order === "arrival" || at < openAt)) return { status: "available", at };
    if (openAt < stopAt) return undefined;
    return { status: isAny("undetermined") ? "undetermined" : "unavailable" };
  }

  #chosen(stopAt: number, preference: number | null, order: Order): number | undefined {
    const first = this.#first.available.except(preference);
    if (first >= stopAt) return undefined;
    if (order === "list") return first;
    const isRival = (at: number) => preference !== null && this.#preferenceAt(at) === preference;
    return this.#arrivals.find((at) => at < stopAt && !isRival(at));
  }

  #openExcept(preference: number | null): number {
    const isRival = preference !== null && this.#preferenceAt(this.#open) === preference;
    return isRival ? this.#openOther : this.#open;
  }

  #advance(): void {
    const length = this.#statuses.length;
    while (this.#open < length && this.#statuses[this.#open] !== "unknown") this.#open += 1;
    const preference = this.#preferenceAt(this.#open);
    this.#openOther = Math.max(this.#openOther, this.#open + 1);
    while (
      this.#openOther < length &&
      (this.#statuses[this.#openOther] !== "unknown" ||
        (preference !== null && this.#preferenceAt(this.#openOther) === preference))
    ) {
      this.#openOther += 1;
    }
  }

  #preferenceAt(at: number): number | null {
    return this.#preferences[at] ?? null;
  }
}

function isSame(one: Verdict, other: Verdict | undefined): boolean {
  if (other === undefined || one.status !== other.status) return false;
  return one.status !== "available" || other.status !== "available" || one.at === other.at;
}
