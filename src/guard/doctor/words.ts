const SEPARATOR = /[\s,]/;

/**
 * Splits a value as Postfix does: at blanks and commas, but for what stands in braces, which is one word with its braces
 * (mystrtokq in its util library). Braces that are not closed reach to the end.
 */
export function splitWords(text: string, separator = SEPARATOR): readonly string[] {
  const words: string[] = [];
  let word = "";
  let depth = 0;
  for (const character of text) {
    if (depth === 0 && separator.test(character)) {
      if (word !== "") words.push(word);
      word = "";
      continue;
    }
    if (character === "{") depth += 1;
    if (character === "}" && depth > 0) depth -= 1;
    word += character;
  }
  return word === "" ? words : [...words, word];
}

/** What stands in a word's braces; undefined for a word without. */
export function insideBraces(word: string): string | undefined {
  return /^\{(.*)\}$/s.exec(word)?.[1]?.trim();
}

/**
 * The logical lines of main.cf(5) and master.cf(5), and of what postconf(1) prints: a line that begins with a blank goes
 * on where the last one ended, and comments and empty lines in between do not count.
 */
export function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    if (/^\s/.test(line) && lines.length > 0) lines.push(`${lines.pop()} ${line.trim()}`);
    else lines.push(line.trim());
  }
  return lines;
}
