/** How long a probe may take: to connect (undefined for the usual limit), to the first line, for the rest of the greeting, and for each answer in a mail check. */
export interface Patience {
  readonly connectMs: number | undefined;
  readonly firstLineMs: number;
  readonly restMs: number;
  readonly answerMs: number;
  /** Whether it is known to answer soon, so that it must not wait for others. */
  readonly isQuick: boolean;
}

/** One that connects within so many milliseconds is not waited for as long as others. */
const NEAR_MS = 300;
const NEAR_CONNECT_MS = 3_000;
/** For the first line, of one that is not known, and of any other at least. */
const FIRST_LINE_MS = 60_000;
const LEAST_FIRST_LINE_MS = 10_000;
/** For the rest of a greeting at first, and after that its longest so far and a second, but so long at least (postscreen's takes six). */
const REST_MS = 60_000;
const LEAST_REST_MS = 7_000;
const REST_MARGIN_MS = 1_000;
/** An answer may take so many times as long as the slowest so far. */
export const ANSWER_MARGIN = 1.25;
/** Who answers within so many milliseconds is quick. */
const QUICK_MS = 5_000;

/** What is known of how slow an address is. Slow is not dead, so it is kept when all else is forgotten. */
export class Slowness {
  #connectMs = Number.POSITIVE_INFINITY;
  #firstLineMs: number | undefined;
  #restMs: number | undefined;
  #isRestMissing = false;

  /** Takes note of a greeting. */
  note({ connectMs, firstLineMs }: { readonly connectMs: number; readonly firstLineMs: number }): void {
    this.#connectMs = connectMs;
    this.#firstLineMs = Math.max(this.#firstLineMs ?? 0, firstLineMs);
  }

  /** Takes note of how long the rest of one took; undefined where it did not come. */
  noteRest(tookMs: number | undefined): void {
    this.#isRestMissing = tookMs === undefined;
    if (tookMs !== undefined) this.#restMs = Math.max(this.#restMs ?? 0, tookMs);
  }

  /** How long the next probe may take, when a mail check wants so long for an answer. */
  patience(answerMs: number): Patience {
    const firstLineMs = this.#firstLineMs;
    return {
      connectMs: this.#connectMs <= NEAR_MS ? NEAR_CONNECT_MS : undefined,
      firstLineMs: firstLineMs === undefined ? FIRST_LINE_MS : Math.max(LEAST_FIRST_LINE_MS, 2 * firstLineMs),
      restMs: this.#patienceForRest(),
      answerMs: Math.max(answerMs, ANSWER_MARGIN * (firstLineMs ?? 0)),
      isQuick: firstLineMs !== undefined && firstLineMs <= QUICK_MS,
    };
  }

  #patienceForRest(): number {
    if (this.#restMs === undefined || this.#isRestMissing) return REST_MS;
    return Math.min(REST_MS, Math.max(LEAST_REST_MS, this.#restMs + REST_MARGIN_MS));
  }
}
