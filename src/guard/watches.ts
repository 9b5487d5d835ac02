import type { Endpoint } from "../net/endpoint.ts";
import { Watch, type WatchTerms } from "./watch.ts";

/** Most addresses that are met for the first time in a minute: anybody can publish a list with our name in it. */
const MAX_NEW_A_MINUTE = 60;
const MINUTE_MS = 60_000;
/** Most addresses that are known; beyond that the one is forgotten that was needed the longest ago. */
const MAX_WATCHES = 20_000;

/** The addresses that a guard follows: one watch each, whoever asks. */
export class Watches {
  readonly #terms: WatchTerms;
  readonly #watches = new Map<string, Watch>();
  /** When the last addresses were met, the earliest in front. */
  readonly #metAtMs: number[] = [];

  constructor(terms: WatchTerms) {
    this.#terms = terms;
  }

  /** How many addresses are known. */
  get size(): number {
    return this.#watches.size;
  }

  /** The watch of an address; undefined for one that is new when too many are. */
  of({ address, port }: Endpoint, nowMs: number): Watch | undefined {
    const key = `${address} ${port}`;
    const known = this.#watches.get(key);
    if (known !== undefined) return known;
    if (!this.#mayMeet(nowMs)) return undefined;
    if (this.#watches.size >= MAX_WATCHES) this.#forgetOne();
    const watch = new Watch({ address, port }, this.#terms);
    this.#watches.set(key, watch);
    return watch;
  }

  /** Ends all probes. */
  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  #mayMeet(nowMs: number): boolean {
    const [firstMs] = this.#metAtMs;
    if (this.#metAtMs.length >= MAX_NEW_A_MINUTE) {
      if (firstMs !== undefined && nowMs - firstMs < MINUTE_MS) return false;
      this.#metAtMs.shift();
    }
    this.#metAtMs.push(nowMs);
    return true;
  }

  #forgetOne(): void {
    let oldest: readonly [key: string, watch: Watch] | undefined;
    for (const each of this.#watches) {
      if (oldest === undefined || each[1].neededAtMs < oldest[1].neededAtMs) oldest = each;
    }
    if (oldest === undefined) return;
    oldest[1].close();
    this.#watches.delete(oldest[0]);
  }
}
