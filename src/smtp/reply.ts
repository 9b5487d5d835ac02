import { decodeOctets, LineReader } from "../net/line-reader.ts";

/** Longest reply line kept: the 512 octets of RFC 5321 §4.5.3.1.5, doubled for servers that exceed it. */
export const MAX_REPLY_LINE_OCTETS = 1_024;
/** Most octets of one reply that are read. */
export const MAX_REPLY_OCTETS = 4_096;

/** What a server said, as far as it had been received (RFC 5321 §4.2). */
export interface Reply {
  /** The code of the first line. */
  readonly code: number;
  /** The text of each line, without code and separator; the last may be unfinished. Not yet clean. */
  readonly lines: readonly string[];
  /** Whether the last line of the reply has been received to its end. */
  readonly complete: boolean;
}

/** What the first octets of a reply say: its code, that it is none, or nothing yet. */
export type ReplyStart = number | "not-smtp" | "unknown";

const START = /^[2-5]\d\d[ \n-]/;
const LAST_LINE = /^\d{3}(?: |$)/;
const CODE = /^\d{3}[ -]?/;
const UNDECIDED = /^(?:[2-5]\d?|[2-5]\d\d\r?)?$/;

/** Reads one reply from octets, however they were cut: the code as soon as it is there, the text as it comes. */
export class ReplyReader {
  readonly #reader = new LineReader(MAX_REPLY_LINE_OCTETS);
  readonly #lines: string[] = [];
  #octets = 0;
  #start: ReplyStart = "unknown";
  #complete = false;

  /** The reply's code: there as soon as its separator is, a space, a hyphen or a line end (CRLF or bare LF). */
  get start(): ReplyStart {
    return this.#start;
  }

  /** Whether nothing more is to be expected, or would be read. */
  get finished(): boolean {
    const isWhole = this.#start === "not-smtp" ? this.#lines.length > 0 : this.#complete;
    return isWhole || this.#octets >= MAX_REPLY_OCTETS;
  }

  push(octets: Uint8Array): void {
    const room = MAX_REPLY_OCTETS - this.#octets;
    this.#octets += Math.min(octets.length, room);
    this.#reader.push(octets.length > room ? octets.subarray(0, room) : octets);
    for (const line of this.#reader.takeLines()) {
      if (this.#complete) break;
      this.#lines.push(line);
      this.#complete = LAST_LINE.test(line);
    }
    if (this.#start !== "unknown") return;
    const [first] = this.#lines;
    this.#start = startOf(first === undefined ? this.#reader.partial : `${first}\n`);
  }

  /** The reply so far, given that it started with this code. */
  reply(code: number): Reply {
    const lines: string[] = [];
    for (const line of this.#all()) lines.push(decodeOctets(line.replace(CODE, "")));
    return { code, lines, complete: this.#complete };
  }

  /** The first line so far, for something that is no reply. */
  get firstLine(): string {
    return decodeOctets(this.#all()[0] ?? "");
  }

  #all(): readonly string[] {
    const { partial } = this.#reader;
    return this.#complete || partial === "" ? this.#lines : [...this.#lines, partial];
  }
}

function startOf(text: string): ReplyStart {
  if (START.test(text)) return Number(text.slice(0, 3));
  return UNDECIDED.test(text) ? "unknown" : "not-smtp";
}
