/** Octets kept beyond the limit: they tell a CR that ends a line from one that only happens to stand at the limit. */
const BEYOND = 2;

/**
 * Octets, however they were cut, into lines: a streaming reader of bounded memory. A line ends with LF, with or
 * without a CR before it; of a line longer than the limit the first octets are kept and the rest is dropped.
 *
 * Lines are strings of one character an octet, which is several times faster than slices of octets;
 * {@link decodeOctets} makes them text.
 */
export class LineReader {
  readonly #maxLineOctets: number;
  #lines: string[] = [];
  #partial = "";

  constructor(maxLineOctets: number) {
    this.#maxLineOctets = maxLineOctets;
  }

  /** The octets so far of the line that has not ended. */
  get partial(): string {
    return this.#partial.slice(0, this.#maxLineOctets);
  }

  /** The lines that have ended and were not taken yet, without their line ends. */
  takeLines(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  push(octets: Uint8Array): void {
    const received = this.#partial + Buffer.prototype.latin1Slice.call(octets, 0, octets.length);
    let start = 0;
    for (let end = received.indexOf("\n"); end !== -1; end = received.indexOf("\n", start)) {
      this.#lines.push(this.#withoutEnd(received.slice(start, end)));
      start = end + 1;
    }
    this.#partial = received.slice(start, start + this.#maxLineOctets + BEYOND);
  }

  #withoutEnd(line: string): string {
    const isWhole = line.length < this.#maxLineOctets + BEYOND;
    return (isWhole && line.endsWith("\r") ? line.slice(0, -1) : line).slice(0, this.#maxLineOctets);
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Octets of one character each as text: UTF-8, with U+FFFD for what is none. */
export function decodeOctets(octets: string): string {
  return /^[\0-\x7f]*$/.test(octets) ? octets : decoder.decode(Buffer.from(octets, "latin1"));
}
