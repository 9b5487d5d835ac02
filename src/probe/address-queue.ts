import { canonicalAddress, type Family, familyOf } from "../text/address.ts";

/** Most addresses of a host that are tried: what its owner writes into the DNS must not make us knock at thousands of doors. */
export const MAX_ADDRESSES = 16;

/**
 * The addresses of one host, in the order in which to try them: the families take turns, beginning with the one that
 * came first (RFC 8305 §4); within a family the resolver's order stands.
 */
export class AddressQueue {
  readonly #waiting: Readonly<Record<Family, string[]>> = { 4: [], 6: [] };
  #turn: Family | undefined;
  #taken = 0;

  /** What is no address, in whatever resolver's answer, is left out. */
  add(addresses: readonly string[]): void {
    for (const each of addresses) {
      const address = canonicalAddress(each);
      const family = address === undefined ? undefined : familyOf(address);
      if (address === undefined || family === undefined) continue;
      this.#turn ??= family;
      this.#waiting[family].push(address);
    }
  }

  /** Takes the next one out; undefined when none is left, or {@link MAX_ADDRESSES} have been taken. */
  next(): string | undefined {
    if (this.#turn === undefined || this.#taken === MAX_ADDRESSES) return undefined;
    const other = this.#turn === 4 ? 6 : 4;
    const address = this.#waiting[this.#turn].shift();
    const taken = address ?? this.#waiting[other].shift();
    if (taken === undefined) return undefined;
    this.#taken += 1;
    if (address !== undefined) this.#turn = other;
    return taken;
  }

  /** How many may not be tried any more. */
  get leftOut(): number {
    return this.#taken < MAX_ADDRESSES ? 0 : this.#waiting[4].length + this.#waiting[6].length;
  }
}
