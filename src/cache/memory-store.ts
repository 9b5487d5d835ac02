import {
  type CacheStore,
  type Kept,
  type KeptFilter,
  MAX_LEASE_MS,
  nameOfOwner,
  type Question,
} from "./store.ts";

/** Some megabytes; a cache of one's own has no need of more. */
export const MAX_KEPT = 10_000;

/** Who holds the lease of a question, and until when (`Date.now`). */
interface Lease {
  readonly owner: string;
  readonly untilMs: number;
}

/** What stores in the memory of one process share. */
export class Memory {
  readonly kept = new Map<string, Kept>();
  readonly leases = new Map<string, Lease>();
}

/** A store in the memory of one process: nobody else's, and gone with it. Of more than {@link MAX_KEPT} outcomes, or leases, what is over goes and then the oldest. */
export class MemoryStore implements CacheStore {
  readonly #memory: Memory;

  constructor(memory = new Memory()) {
    this.#memory = memory;
  }

  async get(question: Question): Promise<Kept | null> {
    const kept = this.#memory.kept.get(keyOf(question));
    return kept !== undefined && isFresh(kept) ? kept : null;
  }

  async put(kept: Kept): Promise<void> {
    const { kept: all } = this.#memory;
    const key = keyOf(kept.question);
    all.delete(key);
    all.set(key, kept);
    if (all.size > MAX_KEPT) makeRoom(all, isFresh);
  }

  async claim(question: Question, owner: string, leaseMs: number): Promise<string> {
    const { leases } = this.#memory;
    const key = keyOf(question);
    const lease = leases.get(key);
    const nowMs = Date.now();
    const isHeld = lease !== undefined && lease.untilMs > nowMs && lease.untilMs <= nowMs + MAX_LEASE_MS;
    if (isHeld && nameOfOwner(lease.owner) !== nameOfOwner(owner)) return lease.owner;
    leases.set(key, { owner, untilMs: nowMs + leaseMs });
    if (leases.size > MAX_KEPT) makeRoom(leases, ({ untilMs }) => untilMs > nowMs);
    return owner;
  }

  async release(question: Question, owner: string): Promise<void> {
    const { leases } = this.#memory;
    const key = keyOf(question);
    if (nameOfOwner(leases.get(key)?.owner ?? "/") === nameOfOwner(owner)) leases.delete(key);
  }

  async list(): Promise<readonly Kept[]> {
    return [...this.#memory.kept.values()].filter(isFresh);
  }

  async clear(filters: readonly KeptFilter[]): Promise<number> {
    const { kept: all } = this.#memory;
    let cleared = 0;
    for (const [key, kept] of all) {
      if (filters.length > 0 && !filters.some((filter) => isMeant(kept, filter))) continue;
      all.delete(key);
      if (isFresh(kept)) cleared += 1;
    }
    return cleared;
  }

  mustPay(): void {}

  close(): void {}
}

/** Lets what is over go, and then of what is left the oldest. */
function makeRoom<T>(all: Map<string, T>, isLasting: (value: T) => boolean): void {
  for (const [key, value] of all) if (!isLasting(value)) all.delete(key);
  for (const oldest of all.keys()) {
    if (all.size <= MAX_KEPT) return;
    all.delete(oldest);
  }
}

function isFresh({ expiresAtMs }: Kept): boolean {
  return expiresAtMs > Date.now();
}

function isMeant({ question }: Kept, { host, port }: KeptFilter): boolean {
  return question.host === host && (port === null || question.port === port);
}

function keyOf({ host, port, family, manner }: Question): string {
  return `${host} ${port} ${family}${manner === undefined ? "" : ` ${manner}`}`;
}
