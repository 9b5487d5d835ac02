import { Memory, MemoryStore } from "../../src/cache/memory-store.ts";
import type { CacheStore, Kept, KeptFilter, Question } from "../../src/cache/store.ts";

/** What of a store can be made to fail. */
export type StoreOperation = "get" | "put" | "claim" | "release";

/** A store in memory that counts what is asked of it, shows what it holds, and fails on demand. */
export class FaultyStore implements CacheStore {
  readonly #memory = new Memory();
  readonly #store = new MemoryStore(this.#memory);
  readonly kept = this.#memory.kept;
  readonly leases = this.#memory.leases;
  readonly calls: StoreOperation[] = [];
  readonly failing = new Set<StoreOperation>();
  isClosed = false;

  get(question: Question): Promise<Kept | null> {
    return this.#do("get", () => this.#store.get(question));
  }

  put(kept: Kept): Promise<void> {
    return this.#do("put", () => this.#store.put(kept));
  }

  claim(question: Question, owner: string, leaseMs: number): Promise<string> {
    return this.#do("claim", () => this.#store.claim(question, owner, leaseMs));
  }

  release(question: Question, owner: string): Promise<void> {
    return this.#do("release", () => this.#store.release(question, owner));
  }

  list(): Promise<readonly Kept[]> {
    return this.#store.list();
  }

  clear(filters: readonly KeptFilter[]): Promise<number> {
    return this.#store.clear(filters);
  }

  mustPay(_spentMs: number): void {}

  close(): void {
    this.isClosed = true;
  }

  async #do<T>(operation: StoreOperation, action: () => Promise<T>): Promise<T> {
    this.calls.push(operation);
    if (this.failing.has(operation)) throw new Error(`Cannot use the cache memory: ${operation} failed`);
    return action();
  }
}
