import { onAbort } from "../limits/abort.ts";

/** How long a lease is good for, at most: whoever holds it and dies blocks nobody for longer. */
const LEASE_MS = 1_000;
/** A lease is renewed so many times before it would run out, so that a late or lost renewal does no harm. */
const RENEWALS = 3;
/** A shorter lease could not be renewed in time. */
const SHORTEST_LEASE_MS = 60;

/**
 * How long the lease of somebody who would wait this long is good for: a third of that at most, so that who waits just as
 * long has time to ask when the holder has died. In milliseconds.
 */
export function leaseMsFor(limitMs: number): number {
  return Math.min(LEASE_MS, Math.max(limitMs / 3, SHORTEST_LEASE_MS));
}

/** How a lease is kept up. */
export interface LeaseTerms {
  readonly leaseMs: number;
  /** Claims it again; resolves to whether it is still ours. */
  readonly renew: () => Promise<boolean>;
  readonly release: () => Promise<unknown>;
  /** Gives the lease back at once when it fires. */
  readonly signal: AbortSignal;
}

/** A lease that is held: it is renewed until it is disposed of, which gives it back, or until it is lost. */
export class Lease implements AsyncDisposable {
  readonly #terms: LeaseTerms;
  readonly #timer: Timer;
  #renewal: Promise<void> | undefined;
  #isHeld = true;
  #takeBack = () => {};

  constructor(terms: LeaseTerms) {
    this.#terms = terms;
    this.#timer = setInterval(() => this.#renew(), terms.leaseMs / (RENEWALS + 0.5));
    this.#takeBack = onAbort(terms.signal, () => void this[Symbol.asyncDispose]());
  }

  /** Gives the lease back. A renewal under way comes first, lest it take the lease again. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isHeld) return;
    this.#end();
    if (this.#renewal !== undefined) await this.#renewal;
    await this.#terms.release();
  }

  #renew(): void {
    this.#renewal ??= this.#terms.renew().then((isOurs) => {
      this.#renewal = undefined;
      if (!isOurs) this.#end();
    });
  }

  #end(): void {
    this.#isHeld = false;
    clearInterval(this.#timer);
    this.#takeBack();
  }
}
