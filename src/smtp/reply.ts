import { codeLength, codeOfLine, decodeOctets, isLastLine, type ReplyStart, startOf } from "./reply-line.ts";

/** "Service ready" (RFC 5321 §4.3.2): the only greeting of an available server. */
export const SERVICE_READY = 220;
/** "Service not available, closing transmission channel", which may be the answer to any command (RFC 5321 §3.8). */
export const BUSY = 421;
/** Longest reply line kept: the 512 octets of RFC 5321 §4.5.3.1.5, doubled for servers that exceed it. */
export const MAX_REPLY_LINE_OCTETS = 1_024;
/** Most octets of one reply that are read. */
export const MAX_REPLY_OCTETS = 4_096;

/** Carriage return. */
const CR = 13;

/** What a server said, as far as it had been received (RFC 5321 §4.2). */
export interface Reply {
  /** The code of the first line; of a complete greeting that of the last, which decides. */
  readonly code: number;
  /** The text of each line, without code and separator; the last may be unfinished. Not yet clean. */
  readonly lines: readonly string[];
  /** Whether the last line of the reply has been received to its end. */
  readonly complete: boolean;
}

/**
 * Reads one reply from octets, however they were cut: the code as soon as it is there, the text as it comes. A line
 * ends with LF, with or without a CR before it.
 *
 * The reply is one string of one character an octet, looked at by character codes: this is on the way of every probe,
 * where regular expressions and slices of octets cost several times as much.
 */
export class ReplyReader {
  #text = "";
  /** Where the line begins that has not ended. */
  #lineStart = 0;
  #octets = 0;
  #start: ReplyStart = "unknown";
  #isComplete = false;
  #rest = "";

  /** The reply's code: there as soon as its separator is, a space, a hyphen or a line end. */
  get start(): ReplyStart {
    return this.#start;
  }

  /** Whether nothing more is to be expected, or would be read. */
  get finished(): boolean {
    const isWhole = this.#start === "not-smtp" ? this.#lineStart > 0 : this.#isComplete;
    return isWhole || this.#octets >= MAX_REPLY_OCTETS;
  }

  /** Whether the reply has been received to its end. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The lines so far, codes and all. */
  get lines(): readonly string[] {
    return this.#linesSoFar().map(decodeOctets);
  }

  /** The code of each line that has ended; 0 for a line without one. */
  get codes(): readonly number[] {
    const ended = this.#text.endsWith("\n") ? this.#linesSoFar() : this.#linesSoFar().slice(0, -1);
    return ended.map(codeOfLine);
  }

  /** The octets that came behind a complete reply, one character each: nobody had asked for them. */
  get rest(): string {
    return this.#rest;
  }

  push(octets: Uint8Array): void {
    const count = Math.min(octets.length, MAX_REPLY_OCTETS - this.#octets);
    this.#octets += count;
    this.pushText(Buffer.prototype.latin1Slice.call(octets, 0, count));
    // What is too much to be read still was not asked for.
    if (this.#isComplete && this.#rest === "" && count < octets.length)
      this.#rest = Buffer.prototype.latin1Slice.call(octets.subarray(count, count + MAX_REPLY_LINE_OCTETS));
  }

  /** The same for octets that are a string of one character each. */
  pushText(text: string): void {
    if (this.#isComplete) {
      this.#rest += text;
      return;
    }
    this.#text += text;
    for (let end = this.#text.indexOf("\n", this.#lineStart); end !== -1; ) {
      this.#isComplete = isLastLine(this.#text, this.#lineStart);
      this.#lineStart = end + 1;
      if (this.#isComplete) break;
      end = this.#text.indexOf("\n", this.#lineStart);
    }
    if (this.#isComplete) {
      this.#rest = this.#text.slice(this.#lineStart);
      this.#text = this.#text.slice(0, this.#lineStart);
    }
    if (this.#start === "unknown") this.#start = startOf(this.#text);
  }

  /** The reply so far, given that it started with this code. */
  reply(code: number): Reply {
    const lines = this.#linesSoFar().map((line) => decodeOctets(line.slice(codeLength(line))));
    return { code, lines, complete: this.#isComplete };
  }

  #linesSoFar(): readonly string[] {
    const lines: string[] = [];
    for (let at = 0; at < this.#text.length; ) {
      const [line, next] = this.#lineAt(at);
      lines.push(line);
      at = next;
    }
    return lines;
  }

  /** The first line so far, for something that is no reply. */
  get firstLine(): string {
    return decodeOctets(this.#lineAt(0)[0]);
  }

  /** A line without its end, cut to the limit, and where the next one begins. */
  #lineAt(start: number): readonly [line: string, next: number] {
    const end = this.#text.indexOf("\n", start);
    if (end === -1) return [this.#text.slice(start, start + MAX_REPLY_LINE_OCTETS), this.#text.length];
    const withoutEnd = end > start && this.#text.charCodeAt(end - 1) === CR ? end - 1 : end;
    return [this.#text.slice(start, Math.min(withoutEnd, start + MAX_REPLY_LINE_OCTETS)), end + 1];
  }
}
