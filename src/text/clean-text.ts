const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text from the wire or the command line, fit for a terminal, a log or a report: control characters, invisible
 * and direction-changing characters and lone surrogates are written as escapes, so the result is one line.
 */
export function cleanText(text: string): string {
  return text.replace(UNPRINTABLE, (character) => NAMED[character] ?? escaped(character.codePointAt(0) ?? 0));
}

function escaped(codePoint: number): string {
  const hex = codePoint.toString(16).padStart(2, "0");
  return codePoint < 0x100 ? `\\x${hex}` : `\\u{${hex}}`;
}
