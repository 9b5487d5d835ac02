import { KEPT_AT_LEAST_MS, MAX_KEYS, type Memory, PASS_MS, WAITING_MS } from "./relents.ts";

/** The numbers that a key is known by have 53 bits, of two hashes: no two of 200,000 keys meet. */
const HIGH = 2 ** 21;
const LOW = 2 ** 32;

/** What a guard remembers of sendings by itself. Keys are known by a number that nobody outside can foresee. */
export class OwnMemory implements Memory {
  readonly #seeds = crypto.getRandomValues(new Uint32Array(2));
  readonly #maxKeys: number;
  /** In the order of their first times, which never change; so the oldest stand in front. */
  readonly #firstMs = new Map<number, number>();
  readonly #passes = new Map<number, number>();
  readonly #oldestKey = new Oldest(this.#firstMs);
  readonly #oldestPass = new Oldest(this.#passes);

  constructor(maxKeys = MAX_KEYS) {
    this.#maxKeys = maxKeys;
  }

  /** How many keys and passes there are. */
  get size(): number {
    return this.#firstMs.size + this.#passes.size;
  }

  hasPass(pass: string, nowMs: number): boolean {
    const key = this.#numberOf(pass);
    const givenMs = this.#passes.get(key);
    if (givenMs === undefined) return false;
    this.#passes.delete(key);
    if (nowMs - givenMs > PASS_MS) return false;
    this.#passes.set(key, nowMs);
    return true;
  }

  givePass(pass: string, nowMs: number): void {
    const key = this.#numberOf(pass);
    this.#passes.delete(key);
    if (this.#passes.size >= this.#maxKeys) this.#passes.delete(this.#oldestPass.find()?.[0] ?? key);
    this.#passes.set(key, nowMs);
  }

  firstMs(key: string, nowMs: number): number | undefined {
    const firstMs = this.#firstMs.get(this.#numberOf(key));
    return firstMs === undefined || nowMs - firstMs > WAITING_MS ? undefined : firstMs;
  }

  meet(keys: readonly string[], nowMs: number): boolean {
    for (const key of keys) if (!this.remember(key, nowMs, nowMs)) return false;
    return true;
  }

  /** Takes over a first time, which may be another guard's; false when there is no room. */
  remember(key: string, firstMs: number, nowMs: number): boolean {
    const number = this.#numberOf(key);
    this.#firstMs.delete(number);
    if (this.#firstMs.size >= this.#maxKeys && !this.#forgetOldest(nowMs)) return false;
    this.#firstMs.set(number, firstMs);
    return true;
  }

  /** A first time in the future was written under another clock, and is old. */
  #forgetOldest(nowMs: number): boolean {
    const oldest = this.#oldestKey.find();
    if (oldest === undefined) return false;
    const [key, firstMs] = oldest;
    const isOld = firstMs > nowMs || nowMs - firstMs >= KEPT_AT_LEAST_MS;
    return isOld && this.#firstMs.delete(key);
  }

  #numberOf(key: string): number {
    const [one = 0, other = 0] = this.#seeds;
    const high = Bun.hash.murmur32v3(key, one) % HIGH;
    return high * LOW + Bun.hash.xxHash32(key, other);
  }
}

/** Finds the entry of a map that stands in front. To begin anew each time would be to pass by all that were deleted there. */
class Oldest {
  readonly #map: ReadonlyMap<number, number>;
  #entries: Iterator<readonly [key: number, ms: number]>;
  #found: readonly [key: number, ms: number] | undefined;

  constructor(map: ReadonlyMap<number, number>) {
    this.#map = map;
    this.#entries = map.entries();
  }

  find(): readonly [key: number, ms: number] | undefined {
    const found = this.#found;
    if (found === undefined || this.#map.get(found[0]) !== found[1]) this.#found = this.#next();
    return this.#found;
  }

  #next(): readonly [key: number, ms: number] | undefined {
    const { done, value } = this.#entries.next();
    if (done !== true) return value;
    this.#entries = this.#map.entries();
    return this.#entries.next().value;
  }
}
