import type { Deadlines } from "./deadline.ts";

/** Who begins within this share of the time has the same deadline. */
const SHARED_SHARE = 1 / 16;

/**
 * A deadline so many milliseconds from whenever it is asked for, up to a sixteenth early: for what begins a thousand
 * times a second, a signal and a timer each would be most of what it costs.
 */
export class RollingDeadline {
  readonly #deadlines: Deadlines;
  readonly #durationMs: number;
  #signal: AbortSignal | undefined;
  #sharedUntilMs = 0;

  constructor(deadlines: Deadlines, durationMs: number) {
    this.#deadlines = deadlines;
    this.#durationMs = durationMs;
  }

  /** For what begins now. */
  get signal(): AbortSignal {
    const nowMs = performance.now();
    if (this.#signal !== undefined && nowMs < this.#sharedUntilMs) return this.#signal;
    this.#sharedUntilMs = nowMs + this.#durationMs * SHARED_SHARE;
    this.#signal = this.#deadlines.after(this.#durationMs).signal;
    return this.#signal;
  }
}
