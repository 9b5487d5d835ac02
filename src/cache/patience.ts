/** So many others may come and go without an answer before we stop waiting for one of them. */
const MAX_HOLDERS = 3;
/** One who began a moment earlier, with the same limit, needs so long to let others know that its time ran out. */
const GRACE_MS = 50;

/** What to do about a lease that somebody else holds. */
export type Advice = "wait" | "give-up" | "probe-anyway";

/**
 * How long one asker waits for others: no longer than its own limit, whoever of them dies or takes over meanwhile. All of
 * them together have then shown that the server does not answer in time. When holders come and go without an answer
 * that is good for us, waiting for our turn is no use.
 */
export class Patience {
  readonly #limitMs: number;
  #holder: string | undefined;
  #sinceMs: number | undefined;
  #holders = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs + GRACE_MS;
  }

  /** Milliseconds left: all of the limit before somebody has been waited for. */
  get leftMs(): number {
    return Math.max(0, (this.#sinceMs ?? performance.now()) + this.#limitMs - performance.now());
  }

  /** Whether somebody has been waited for. */
  get hasWaited(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** Takes note of who holds the lease now. */
  sees(holder: string): Advice {
    this.#sinceMs ??= performance.now();
    if (holder !== this.#holder) {
      this.#holder = holder;
      this.#holders += 1;
    }
    if (this.leftMs === 0) return "give-up";
    return this.#holders > MAX_HOLDERS ? "probe-anyway" : "wait";
  }
}
