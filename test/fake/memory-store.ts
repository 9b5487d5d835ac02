import type { CacheStore, Kept, KeptFilter, Question } from "../../src/cache/store.ts";

/** What of a store can be made to fail. */
export type StoreOperation = "get" | "put" | "claim" | "release";

/** A cache store in memory that counts what is asked of it, and fails on demand. */
export class MemoryStore implements CacheStore {
  readonly kept = new Map<string, Kept>();
  readonly leases = new Map<string, { readonly owner: string; readonly untilMs: number }>();
  readonly calls: StoreOperation[] = [];
  readonly failing = new Set<StoreOperation>();
  isClosed = false;

  get(question: Question): Promise<Kept | null> {
    return this.#do("get", () => {
      const kept = this.kept.get(keyOf(question));
      return kept !== undefined && kept.expiresAtMs > Date.now() ? kept : null;
    });
  }

  put(kept: Kept): Promise<void> {
    return this.#do("put", () => void this.kept.set(keyOf(kept.question), kept));
  }

  claim(question: Question, owner: string, leaseMs: number): Promise<string> {
    return this.#do("claim", () => {
      const lease = this.leases.get(keyOf(question));
      if (lease !== undefined && lease.owner !== owner && lease.untilMs > Date.now()) return lease.owner;
      this.leases.set(keyOf(question), { owner, untilMs: Date.now() + leaseMs });
      return owner;
    });
  }

  release(question: Question, owner: string): Promise<void> {
    return this.#do("release", () => {
      if (this.leases.get(keyOf(question))?.owner === owner) this.leases.delete(keyOf(question));
    });
  }

  list(): Promise<readonly Kept[]> {
    return Promise.resolve([...this.kept.values()]);
  }

  clear(_filters: readonly KeptFilter[]): Promise<number> {
    this.kept.clear();
    return Promise.resolve(0);
  }

  close(): void {
    this.isClosed = true;
  }

  async #do<T>(operation: StoreOperation, action: () => T): Promise<T> {
    this.calls.push(operation);
    if (this.failing.has(operation)) throw new Error(`Cannot use the cache memory: ${operation} failed`);
    return action();
  }
}

function keyOf({ host, port, family }: Question): string {
  return `${host} ${port} ${family}`;
}
