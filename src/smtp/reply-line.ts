/** What the first octets of a reply say: its code, that it is none, or nothing yet. */
export type ReplyStart = number | "not-smtp" | "unknown";

const CODE_OCTETS = 3;
const CODE_ALONE = /^\d{3}$/;
const [LF, CR, SPACE, HYPHEN, ZERO, TWO, FIVE, NINE] = [10, 13, 32, 45, 48, 50, 53, 57];

/** What the octets so far say. */
export function startOf(text: string): ReplyStart {
  for (let at = 0; at < CODE_OCTETS; at += 1) {
    if (at >= text.length) return "unknown";
    const octet = text.charCodeAt(at);
    if (octet < (at === 0 ? TWO : ZERO) || octet > (at === 0 ? FIVE : NINE)) return "not-smtp";
  }
  const code = Number(text.slice(0, CODE_OCTETS));
  const separator = text.charCodeAt(CODE_OCTETS);
  if (separator === SPACE || separator === HYPHEN || separator === LF) return code;
  if (text.length === CODE_OCTETS) return "unknown";
  if (separator !== CR) return "not-smtp";
  if (text.length === CODE_OCTETS + 1) return "unknown";
  return text.charCodeAt(CODE_OCTETS + 1) === LF ? code : "not-smtp";
}

/** Whether a line that has ended is the last of its reply: three digits, then a space or the line end. */
export function isLastLine(text: string, start: number): boolean {
  if (!isCode(text, start)) return false;
  const separator = text.charCodeAt(start + CODE_OCTETS);
  if (separator === CR) return text.charCodeAt(start + CODE_OCTETS + 1) === LF;
  return separator === SPACE || separator === LF;
}

/** How much of a line is its code and separator; 0 for a line without. */
export function codeLength(line: string): number {
  if (!isCode(line, 0)) return 0;
  const separator = line.charCodeAt(CODE_OCTETS);
  return separator === SPACE || separator === HYPHEN ? CODE_OCTETS + 1 : CODE_OCTETS;
}

function isCode(text: string, start: number): boolean {
  if (text.length < start + CODE_OCTETS) return false;
  for (let at = start; at < start + CODE_OCTETS; at += 1) {
    const octet = text.charCodeAt(at);
    if (octet < ZERO || octet > NINE) return false;
  }
  return true;
}

let decoder: TextDecoder | undefined;

/** Octets of one character each as text: UTF-8, with U+FFFD for what is none. */
export function decodeOctets(octets: string): string {
  for (let at = 0; at < octets.length; at += 1) {
    if (octets.charCodeAt(at) > 0x7f) {
      decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
      return decoder.decode(Buffer.from(octets, "latin1"));
    }
  }
  return octets;
}

/** The code of a line that has ended; 0 for a line without one. */
export function codeOfLine(line: string): number {
  return codeLength(line) > 0 || CODE_ALONE.test(line) ? Number(line.slice(0, CODE_OCTETS)) : 0;
}

/** The first line of octets of one character each, as text. */
export function firstLineOf(octets: string): string {
  return decodeOctets(octets.split(/\r?\n/, 1).join(""));
}
