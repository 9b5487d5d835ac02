import { jest } from "bun:test";

/** Under fake timers, lets time pass from timer to timer until a promise settles; no test has to know how many there are. */
export async function passTime<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (;;) {
    await Bun.file("/dev/null").text();
    if (isSettled) return promise;
    jest.advanceTimersToNextTimer();
  }
}
