import { addressOctets, canonicalAddress, familyOf } from "../text/address.ts";
import { cannotRead } from "../text/errors.ts";

const OCTET_BITS = 8;
const ALL_BITS = 0xff;
const WANTED = "an address or a network, such as 192.0.2.0/24 or 2001:db8::/32";

/** Networks, by whether an address is in one of them. */
export class Networks {
  /** By family and length of the prefix: the prefixes, as text. */
  readonly #prefixes = new Map<string, { readonly bits: number; readonly prefixes: Set<string> }>();

  /**
   * Takes a network in, `ADDRESS/BITS`, or one address.
   * @throws {UsageError} when it is neither, or has bits behind its prefix.
   */
  add(text: string): void {
    const [, before = text, length] = /^(.*)\/(\d{1,3})$/s.exec(text) ?? [];
    const address = before.includes("%") ? undefined : canonicalAddress(before);
    if (address === undefined) throw cannotRead(text, "a network", WANTED);
    const octets = addressOctets(address);
    const bits = length === undefined ? octets.length * OCTET_BITS : Number(length);
    if (bits > octets.length * OCTET_BITS)
      throw cannotRead(text, "a network", WANTED, "the prefix is too long");
    const prefix = prefixOf(octets, bits);
    if (prefix !== octets.join("."))
      throw cannotRead(text, "a network", WANTED, "there are bits behind the prefix");
    const key = `${familyOf(address)} ${bits}`;
    const those = this.#prefixes.get(key) ?? { bits, prefixes: new Set<string>() };
    those.prefixes.add(prefix);
    this.#prefixes.set(key, those);
  }

  /** Whether a canonical address is in one of them. */
  has(address: string): boolean {
    if (this.#prefixes.size === 0) return false;
    const octets = addressOctets(address.replace(/%.*$/, ""));
    const family = familyOf(address);
    return this.#prefixes
      .entries()
      .some(
        ([key, { bits, prefixes }]) => key.startsWith(`${family} `) && prefixes.has(prefixOf(octets, bits)),
      );
  }
}

/** An address of which only the first bits are kept. */
function prefixOf(octets: readonly number[], bits: number): string {
  return octets
    .map((octet, at) => {
      const kept = Math.min(OCTET_BITS, Math.max(0, bits - at * OCTET_BITS));
      return octet & (ALL_BITS << (OCTET_BITS - kept));
    })
    .join(".");
}
