/** So many others may come and go without an answer before we stop waiting for one of them. */
const MAX_HOLDERS = 3;
/** One who began a moment earlier, with the same limit, needs so long to let others know that its time ran out. */
const GRACE_MS = 50;

/** What to do about a lease that somebody else holds. */
export type Advice = "wait" | "give-up" | "probe-anyway";

/**
 * How long one asker waits for others. One who has been probing for as long as we would have has shown that the server
 * does not answer in time; but of one who took the lease a moment ago nothing is known, and when holders come and go
 * without an answer that is good for us, waiting for our turn is no use.
 */
export class Patience {
  readonly #limitMs: number;
  #holder: string | undefined;
  #sinceMs = 0;
  #holders = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs + GRACE_MS;
  }

  /** Milliseconds left for the holder seen last. */
  get leftMs(): number {
    return Math.max(0, this.#sinceMs + this.#limitMs - performance.now());
  }

  /** Takes note of who holds the lease now. */
  sees(holder: string): Advice {
    if (holder !== this.#holder) {
      this.#holder = holder;
      this.#sinceMs = performance.now();
      this.#holders += 1;
    }
    if (this.#holders > MAX_HOLDERS) return "probe-anyway";
    return this.leftMs > 0 ? "wait" : "give-up";
  }
}
