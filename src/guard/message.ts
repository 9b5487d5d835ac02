import { UsageError } from "../text/errors.ts";

/** Longest message that is given, in octets: a mail server may pass it on in one line. */
const MAX_MESSAGE_OCTETS = 200;
const WANTED = `at most ${MAX_MESSAGE_OCTETS} printable ASCII characters, with %s, %t, %r or %% in it`;

/** What a message may name. */
export interface MessageParts {
  readonly server: string;
  /** When waiting ends, in milliseconds since the epoch; null where it does not. */
  readonly untilMs: number | null;
  readonly reference: string;
}

/** A message with places for a server, a time and a reference. */
export interface Message {
  /** Whether it shows a reference. */
  readonly hasReference: boolean;
  render(parts: MessageParts): string;
}

/**
 * Reads a message: `%s` is the server, `%t` the time (UTC) when waiting ends, `%r` a reference, `%%` a percent sign.
 * @throws {UsageError} when it is too long, not printable ASCII, or has another `%`.
 */
export function parseMessage(text: string): Message {
  const isPlain = /^[ -~]+$/.test(text) && text.length <= MAX_MESSAGE_OCTETS;
  if (!isPlain || /%(?:[^srt%]|$)/.test(text.replaceAll("%%", "")))
    throw new UsageError(`Cannot read the message: want ${WANTED}`);
  const pieces = piecesOf(text);
  return {
    hasReference: pieces.some(({ letter }) => letter === "r"),
    render(parts) {
      let rendered = "";
      for (const piece of pieces) rendered += piece.before + partOf(piece.letter, parts);
      return rendered;
    },
  };
}

/** What stands before a place, and which place it is; "" for the end. */
interface Piece {
  readonly before: string;
  readonly letter: string;
}

/** Taken apart once: it is rendered for every recipient. */
function piecesOf(text: string): readonly Piece[] {
  return Array.from(text.matchAll(/(.*?)(?:%([srt%])|$)/g), ([, before = "", letter = ""]) => ({
    before,
    letter,
  }));
}

function partOf(letter: string, { server, untilMs, reference }: MessageParts): string {
  if (letter === "s") return server;
  if (letter === "r") return reference;
  if (letter === "t") return timeOf(untilMs);
  return letter;
}

/** To the next whole minute, so that who comes then is not too early: `2026-11-27 20:15 UTC`. */
function timeOf(untilMs: number | null): string {
  if (untilMs === null) return "later";
  const minutes = new Date(Math.ceil(untilMs / 60_000) * 60_000).toISOString();
  return `${minutes.slice(0, 10)} ${minutes.slice(11, 16)} UTC`;
}
