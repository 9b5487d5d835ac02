/** Why what came is no netstring. */
export type NetstringFault = "a netstring is malformed" | "a netstring is too long";

const [ZERO, NINE, COLON, COMMA] = [0x30, 0x39, 0x3a, 0x2c];

/** Takes a stream of octets apart into netstrings (cr.yp.to/proto/netstrings.txt) of at most `maxOctets` each. */
export class Netstrings {
  readonly #maxOctets: number;
  /** What is behind the last netstring; no more than one of the longest. */
  #rest: Buffer = Buffer.alloc(0);
  #fault: NetstringFault | undefined;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  /** What is wrong with what came behind the last netstring: there will be no other one. */
  get fault(): NetstringFault | undefined {
    return this.#fault;
  }

  /** The netstrings that end in the octets, in UTF-8 with U+FFFD for what is none. */
  *read(octets: Uint8Array): Generator<string, void, undefined> {
    if (this.#fault !== undefined) return;
    const all = Buffer.concat([this.#rest, octets]);
    let at = 0;
    for (let next = this.#first(all); next !== undefined; next = this.#first(all.subarray(at))) {
      at += next.octets;
      yield next.text;
    }
    this.#rest = Buffer.from(this.#fault === undefined ? all.subarray(at) : "");
  }

  /** The netstring at the beginning, and its length with all that belongs to it. */
  #first(octets: Uint8Array): { readonly text: string; readonly octets: number } | undefined {
    let length = 0;
    let at = 0;
    for (; isDigit(octets[at]); at += 1) {
      if (at > 0 && length === 0) return this.#fail("a netstring is malformed");
      length = length * 10 + (octets[at] ?? 0) - ZERO;
      if (length > this.#maxOctets) return this.#fail("a netstring is too long");
    }
    if (at === octets.length) return undefined;
    if (at === 0 || octets[at] !== COLON) return this.#fail("a netstring is malformed");
    const [start, end] = [at + 1, at + 1 + length];
    if (end >= octets.length) return undefined;
    if (octets[end] !== COMMA) return this.#fail("a netstring is malformed");
    return { text: Buffer.from(octets.subarray(start, end)).toString(), octets: end + 1 };
  }

  #fail(fault: NetstringFault): undefined {
    this.#fault = fault;
    return undefined;
  }
}

/** A netstring of a text. */
export function toNetstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= ZERO && octet <= NINE;
}
