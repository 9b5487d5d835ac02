import type { CacheStore } from "./store.ts";

/** Tells the user something, in one line. */
export type Warn = (message: string) => void;

/** What one question has cost so far. */
export class Costs {
  #spentMs = 0;

  /** @throws {CacheError} when that is more than the store is worth. */
  add(durationMs: number, store: CacheStore): void {
    this.#spentMs += durationMs;
    store.mustPay(this.#spentMs);
  }
}

/** A store that may turn out to be of no use: opened when it is first needed, and not used again once it has failed. */
export class OptionalStore {
  readonly #open: (warn: Warn) => Promise<CacheStore>;
  readonly #warn: Warn;
  #store: Promise<CacheStore | undefined> | undefined;

  /** Opening, too, may warn of what does not keep the store from working; there is one warning in all. */
  constructor(open: (warn: Warn) => Promise<CacheStore>, warn: Warn) {
    let hasWarned = false;
    this.#open = open;
    this.#warn = (message) => {
      if (!hasWarned) warn(message);
      hasWarned = true;
    };
  }

  /** Uses the store, and adds up what that costs; undefined when there is none, or none any more. Never rejects. */
  async use<T>(operation: (store: CacheStore) => Promise<T>, costs?: Costs): Promise<T | undefined> {
    const startedAtMs = performance.now();
    this.#store ??= this.#open(this.#warn);
    let store: CacheStore | undefined;
    try {
      store = await this.#store;
      if (store === undefined) return undefined;
      const value = await operation(store);
      costs?.add(performance.now() - startedAtMs, store);
      return value;
    } catch (error) {
      this.#store = Promise.resolve(undefined);
      store?.close();
      this.#warn(`${error instanceof Error ? error.message : error}; probing without it`);
      return undefined;
    }
  }

  /** Lets go of the store, if it was opened. */
  async close(): Promise<void> {
    const store = await this.#store?.catch(() => undefined);
    store?.close();
  }
}
