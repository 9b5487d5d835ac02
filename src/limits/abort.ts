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

/** Waits for some milliseconds, but not beyond the signal. */
export function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, durationMs);
  const takeBack = onAbort(signal, resolve);
  return promise.finally(() => {
    clearTimeout(timer);
    takeBack();
  });
}
