import type { SkipReason } from "../probe/outcome.ts";

/** What is known of one target's identity: whether it is a stop host. */
export type Identity = "unknown" | "stop" | "other";

/** Whether a target's being up decides the verdict, and if not, why. */
export type Standing = "counts" | Exclude<SkipReason, "null-mx">;

/**
 * The --stop rule of smtpdcheck(1): nothing from the first stop host on counts, and nothing of its preference,
 * wherever that stands; without a stop host in the list everything counts.
 *
 * Where the stop host may still be: at a place whose identity is unknown, or at the farthest, which is the first stop
 * host known, or past the end. Told of each identity once, it tells of each place once, as soon as its standing is the
 * same whatever turns out; all of that takes a time that grows with the list and no faster.
 */
export class StopPlaces {
  readonly #preferences: readonly (number | null)[];
  readonly #identities: Identity[];
  readonly #certain: (at: number, standing: Standing) => void;
  /** How many possible places there are of each preference, and those outside whose standing hangs on that preference. */
  readonly #sharing = new Map<number | null, number>();
  readonly #hanging = new Map<number | null, number[]>();
  readonly #told: boolean[] = [];
  #news: { readonly at: number; readonly standing: Standing }[] = [];
  #count = 0;
  #nearest = 0;
  #farthest: number;
  #hasRivals = false;

  /** Without a stop rule every target is another. `certain` is called once a place. */
  constructor(
    preferences: readonly (number | null)[],
    hasStopRule: boolean,
    certain: (at: number, standing: Standing) => void,
  ) {
    this.#preferences = preferences;
    this.#identities = new Array(preferences.length).fill(hasStopRule ? "unknown" : "other");
    this.#certain = certain;
    this.#farthest = preferences.length;
    this.#add(this.#farthest);
    if (hasStopRule) for (let at = 0; at < preferences.length; at += 1) this.#add(at);
  }

  /** The last place where it may be; past the end it is nowhere. */
  get farthest(): number {
    return this.#farthest;
  }

  /** The first place where it may be. */
  get nearest(): number {
    return this.#nearest;
  }

  /** Whether there is but one place left. */
  get isKnown(): boolean {
    return this.#count === 1;
  }

  /** Whether it may still be at this place. */
  has(at: number): boolean {
    return at === this.#farthest || (at < this.#farthest && this.#identities[at] === "unknown");
  }

  /** To be called at the beginning too, without news. */
  identify(at?: number, identity?: "stop" | "other"): void {
    if (at !== undefined && identity !== undefined && this.#identities[at] === "unknown") {
      const wasPossible = this.has(at);
      this.#identities[at] = identity;
      if (wasPossible && identity === "other") this.#remove(at);
      if (wasPossible && identity === "stop") this.#moveFarthest(at);
      if (this.#hasRivals) this.#decideRival(at);
    }
    this.#moveNearest();
    this.#decideAtFarthest();
    this.#tellNews();
  }

  #moveFarthest(at: number): void {
    const before = this.#farthest;
    this.#farthest = at;
    for (let place = before; place > at; place -= 1) {
      if (place === before || this.#identities[place] === "unknown") this.#remove(place);
    }
    for (let place = Math.min(before, this.#preferences.length - 1); place > at; place -= 1) {
      this.#pass(place);
    }
  }

  #moveNearest(): void {
    while (this.#nearest < this.#farthest && this.#identities[this.#nearest] !== "unknown") {
      this.#pass(this.#nearest);
      this.#nearest += 1;
    }
  }

  /** All possible places may have one preference: then it is certain that nothing else of that preference counts. */
  #decideAtFarthest(): void {
    if (this.#count === 1 && this.#farthest < this.#preferences.length) {
      this.#tell(this.#farthest, "stop-host");
    }
    const preference = this.#preferences[this.#farthest] ?? null;
    if (this.#hasRivals || preference === null || this.#sharing.get(preference) !== this.#count) return;
    this.#hasRivals = true;
    for (let at = 0; at < this.#preferences.length; at += 1) this.#decideRival(at);
  }

  #decideRival(at: number): void {
    const preference = this.#preferences[at] ?? null;
    if (preference === null || preference !== this.#preferences[this.#farthest] || this.has(at)) return;
    this.#tell(at, "same-preference");
  }

  /** A place that the stop host can no longer be at, nor be on the other side of. */
  #pass(at: number): void {
    const preference = this.#preferences[at] ?? null;
    if (preference === null || (this.#sharing.get(preference) ?? 0) === 0) this.#tell(at, this.#sideOf(at));
    else this.#hang(at, preference);
    if (this.#hasRivals) this.#decideRival(at);
  }

  #hang(at: number, preference: number): void {
    const those = this.#hanging.get(preference);
    if (those === undefined) this.#hanging.set(preference, [at]);
    else those.push(at);
  }

  #tell(at: number, standing: Standing): void {
    if (this.#told[at]) return;
    this.#told[at] = true;
    this.#news.push({ at, standing });
  }

  /** What becomes certain together is told in list order. */
  #tellNews(): void {
    const news = this.#news;
    this.#news = [];
    if (news.length > 1) news.sort((one, other) => one.at - other.at);
    for (const { at, standing } of news) this.#certain(at, standing);
  }

  #sideOf(at: number): Standing {
    return at > this.#farthest ? "after-stop" : "counts";
  }

  #add(place: number): void {
    const preference = this.#preferences[place] ?? null;
    this.#count += 1;
    this.#sharing.set(preference, (this.#sharing.get(preference) ?? 0) + 1);
  }

  #remove(place: number): void {
    const preference = this.#preferences[place] ?? null;
    const left = (this.#sharing.get(preference) ?? 0) - 1;
    this.#count -= 1;
    this.#sharing.set(preference, left);
    if (left > 0 || preference === null) return;
    for (const at of this.#hanging.get(preference) ?? []) this.#tell(at, this.#sideOf(at));
    this.#hanging.delete(preference);
  }
}
