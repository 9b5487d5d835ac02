/** So many others may come and go without an answer before we stop waiting for one of them. */
const MAX_HOLDERS = 3;
/** One who began a moment earlier, with the same limit, needs so long to let others know that its time ran out. */
const GRACE_MS = 50;

/** What to do about a lease that somebody else holds; the time is over in the last two. */
export type Advice = "wait" | "probe-anyway" | "too-slow" | "cannot-tell";

/**
 * How long one asker waits for others: for its own limit, whoever comes and goes. One who has been probing for as long
 * as we would have has shown that the server is too slow for us; but of one who took the lease later that cannot be
 * told. When holders come and go without an answer that is good for us, waiting for our turn is no use.
 */
export class Patience {
  readonly #limitMs: number;
  #endsAtMs = Number.POSITIVE_INFINITY;
  #holder: string | undefined;
  #holders = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs + GRACE_MS;
  }

  /** Whether somebody has been seen. */
  get hasWaited(): boolean {
    return this.#holders > 0;
  }

  /** Milliseconds left, once somebody has been seen. */
  get leftMs(): number {
    return Math.max(0, this.#endsAtMs - performance.now());
  }

  /** Takes note of who holds the lease now. */
  sees(holder: string): Advice {
    if (this.#holders === 0) this.#endsAtMs = performance.now() + this.#limitMs;
    if (holder !== this.#holder) this.#holders += 1;
    this.#holder = holder;
    if (this.#holders > MAX_HOLDERS) return "probe-anyway";
    if (this.leftMs > 0) return "wait";
    return this.#holders === 1 ? "too-slow" : "cannot-tell";
  }
}
