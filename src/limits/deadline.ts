import { onAbort } from "./abort.ts";

/** Deadlines that fall into the same span share one timer: ten thousand probes must not cost ten thousand of them. */
const SHARED_SPAN_MS = 4;

/** Longest time a timer can run: a signed 32-bit count of milliseconds, about 24.8 days. */
export const MAX_TIMEOUT_MS = 2_147_483_647;

/** Whatever has a deadline. */
export interface Limited {
  timeIsOver(): void;
}

/** A point in time, or the end of the run if that is first, for as many as care. It costs no `AbortSignal` unless asked. */
export class Deadline {
  readonly #limited = new Set<Limited>();
  #controller: AbortController | undefined;
  #isOver = false;
  #isCalledOff = false;
  /** When it comes at the latest, on the clock of `performance.now`. */
  readonly atMs: number;

  constructor(atMs = Number.POSITIVE_INFINITY) {
    this.atMs = atMs;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it came early because nobody cares any more. */
  get isCalledOff(): boolean {
    return this.#isCalledOff;
  }

  /** The same for what takes a signal. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isOver) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Tells this one when time is over, at once if it is. */
  add(limited: Limited): void {
    if (this.#isOver) limited.timeIsOver();
    else this.#limited.add(limited);
  }

  delete(limited: Limited): void {
    this.#limited.delete(limited);
  }

  /** Nobody cares any more, whatever the time; the reason is the signal's. */
  callOff(reason?: unknown): void {
    this.#isCalledOff = !this.#isOver;
    this.come(reason);
  }

  /** Time is over; the reason is the signal's. */
  come(reason?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const limited of this.#limited) {
      this.#limited.delete(limited);
      limited.timeIsOver();
    }
    this.#controller?.abort(reason);
  }
}

/** Comes when either of them comes. */
export function whicheverIsFirst(one: Deadline, other: Deadline): Deadline {
  const first = new Deadline(Math.min(one.atMs, other.atMs));
  for (const each of [one, other]) {
    each.add({ timeIsOver: () => (each.isCalledOff ? first.callOff() : first.come()) });
  }
  return first;
}

/** Makes the deadlines of one run. When it ends all of them have come, and none leaves a timer behind. */
export class Deadlines {
  readonly #end: Deadline = new Deadline();
  readonly #timers = new Map<Deadline, Timer>();
  #latestAtMs = Number.POSITIVE_INFINITY;
  #lastAtMs = 0;
  #last: Deadline | undefined;

  constructor(run: AbortSignal) {
    onAbort(run, () => this.#endAll(run.reason));
  }

  /** Has every deadline that is asked for from now on come no later than in so many milliseconds. */
  limitAll(durationMs: number): void {
    this.#latestAtMs = performance.now() + durationMs;
  }

  /** So many milliseconds, or what is left of the limit of all. */
  atMost(wantedMs: number): number {
    return Math.min(wantedMs, this.#latestAtMs - performance.now());
  }

  /** The deadline this many milliseconds from now, up to 4 ms late; infinity is the run's end. */
  after(wantedMs: number): Deadline {
    const durationMs = this.atMost(wantedMs);
    if (this.#end.isOver || durationMs > MAX_TIMEOUT_MS) return this.#end;
    const atMs = performance.now() + Math.max(0, durationMs);
    const isShared = atMs <= this.#lastAtMs && atMs >= this.#lastAtMs - SHARED_SPAN_MS;
    if (this.#last === undefined || this.#last.isOver || !isShared) {
      this.#lastAtMs = atMs + SHARED_SPAN_MS;
      this.#last = this.#start(atMs, Math.ceil(Math.max(0, durationMs) + SHARED_SPAN_MS));
    }
    return this.#last;
  }

  #start(atMs: number, durationMs: number): Deadline {
    const deadline = new Deadline(atMs);
    const come = () => {
      this.#timers.delete(deadline);
      deadline.come(new DOMException("The time is over", "TimeoutError"));
    };
    this.#timers.set(deadline, setTimeout(come, Math.min(durationMs, MAX_TIMEOUT_MS)));
    return deadline;
  }

  #endAll(reason: unknown): void {
    this.#end.callOff(reason);
    for (const [deadline, timer] of this.#timers) {
      clearTimeout(timer);
      deadline.callOff(reason);
    }
    this.#timers.clear();
  }
}

const known = new WeakMap<AbortSignal, Deadlines>();
let latest: { readonly run: AbortSignal; readonly deadlines: Deadlines } | undefined;

/** The deadlines of the run that ends with this signal: the same ones, whoever asks. */
export function deadlinesOf(run: AbortSignal): Deadlines {
  if (latest?.run === run) return latest.deadlines;
  const deadlines = known.get(run) ?? new Deadlines(run);
  known.set(run, deadlines);
  latest = { run, deadlines };
  return deadlines;
}
