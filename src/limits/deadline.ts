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

  get isOver(): boolean {
    return this.#isOver;
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
  const first = new Deadline();
  const limited = { timeIsOver: () => first.come() };
  one.add(limited);
  other.add(limited);
  return first;
}

/** Makes the deadlines of one run. When it ends all of them have come, and none leaves a timer behind. */
export class Deadlines {
  readonly #end: Deadline = new Deadline();
  readonly #timers = new Map<Deadline, Timer>();
  #lastAtMs = 0;
  #last: Deadline | undefined;

  constructor(run: AbortSignal) {
    onAbort(run, () => this.#endAll(run.reason));
  }

  /** The deadline this many milliseconds from now, up to 4 ms late; infinity is the run's end. */
  after(durationMs: number): Deadline {
    if (this.#end.isOver || durationMs > MAX_TIMEOUT_MS) return this.#end;
    const atMs = performance.now() + Math.max(0, durationMs);
    const isShared = atMs <= this.#lastAtMs && atMs >= this.#lastAtMs - SHARED_SPAN_MS;
    if (this.#last === undefined || this.#last.isOver || !isShared) {
      this.#lastAtMs = atMs + SHARED_SPAN_MS;
      this.#last = this.#start(Math.ceil(Math.max(0, durationMs) + SHARED_SPAN_MS));
    }
    return this.#last;
  }

  #start(durationMs: number): Deadline {
    const deadline = new Deadline();
    const come = () => {
      this.#timers.delete(deadline);
      deadline.come(new DOMException("The time is over", "TimeoutError"));
    };
    this.#timers.set(deadline, setTimeout(come, Math.min(durationMs, MAX_TIMEOUT_MS)));
    return deadline;
  }

  #endAll(reason: unknown): void {
    this.#end.come(reason);
    for (const [deadline, timer] of this.#timers) {
      clearTimeout(timer);
      deadline.come(reason);
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

const callbacks = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal fires, at once if it has fired; the function returned takes that back. However many share
 * a signal, it has one event listener.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const those = callbacks.get(signal) ?? listen(signal);
  those.add(callback);
  return () => those.delete(callback);
}

/**
 * Waits for a promise, but not beyond a signal.
 * @throws the signal's reason when the signal comes first; what becomes of the promise is then ignored.
 */
export function deadline<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const takeBack = onAbort(signal, () => reject(signal.reason));
    promise.then(
      (value) => {
        takeBack();
        resolve(value);
      },
      (error) => {
        takeBack();
        reject(error);
      },
    );
  });
}

function listen(signal: AbortSignal): Set<() => void> {
  const those = new Set<() => void>();
  callbacks.set(signal, those);
  signal.addEventListener(
    "abort",
    () => {
      for (const callback of those) callback();
    },
    { once: true },
  );
  return those;
}
