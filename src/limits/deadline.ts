/** Deadlines that fall into the same span share one timer: ten thousand probes must not cost ten thousand of them. */
const SHARED_SPAN_MS = 4;

/** Longest time a timer can run: a signed 32-bit count of milliseconds, about 24.8 days. */
export const MAX_TIMEOUT_MS = 2_147_483_647;

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

/** Makes the signals of one run: each fires when its time is over or when the run ends, whichever is first. */
export class Deadlines {
  readonly #run: AbortSignal;
  #lastAtMs = 0;
  #last: AbortSignal | undefined;

  constructor(run: AbortSignal) {
    this.#run = run;
  }

  /** The signal that fires this many milliseconds from now, up to 4 ms late; infinity waits for the run's end only. */
  after(durationMs: number): AbortSignal {
    if (durationMs > MAX_TIMEOUT_MS) return this.#run;
    const atMs = performance.now() + Math.max(0, durationMs);
    const isShared = atMs <= this.#lastAtMs && atMs >= this.#lastAtMs - SHARED_SPAN_MS;
    if (this.#last === undefined || this.#last.aborted || !isShared) {
      const timeout = AbortSignal.timeout(Math.ceil(Math.max(0, durationMs) + SHARED_SPAN_MS));
      this.#lastAtMs = atMs + SHARED_SPAN_MS;
      this.#last = AbortSignal.any([this.#run, timeout]);
    }
    return this.#last;
  }
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
