/** A line without its end. */
interface BoundedLine {
  readonly text: string;
  /** Whether it was longer than what is kept of it. */
  readonly isCut: boolean;
}

const LF = 0x0a;

/** Cuts a stream of octets into lines that end in LF, and keeps no more of one than `maxOctets`. */
export class BoundedLines {
  readonly #maxOctets: number;
  #rest: Buffer = Buffer.alloc(0);
  #isCut = false;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  /** The lines that end in the octets, in UTF-8 with U+FFFD for what is none. */
  *read(octets: Uint8Array): Generator<BoundedLine, void, undefined> {
    for (let from = 0; from < octets.length; ) {
      const end = octets.indexOf(LF, from);
      this.#keep(octets.subarray(from, end === -1 ? octets.length : end));
      if (end === -1) return;
      yield this.#take();
      from = end + 1;
    }
  }

  #keep(octets: Uint8Array): void {
    const room = this.#maxOctets - this.#rest.length;
    if (octets.length > room) this.#isCut = true;
    this.#rest = Buffer.concat([this.#rest, octets.subarray(0, room)]);
  }

  #take(): BoundedLine {
    const line = { text: this.#rest.toString(), isCut: this.#isCut };
    this.#rest = Buffer.alloc(0);
    this.#isCut = false;
    return line;
  }
}
