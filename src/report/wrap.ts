import { clip } from "./clip.ts";

/**
 * Clean text as lines of at most so many terminal columns, broken at blanks, and within a word that is wider. A wide
 * character is cut where there is but one column.
 */
export function wrap(text: string, columns: number): readonly string[] {
  if (columns === Infinity) return [text];
  const lines = Bun.wrapAnsi(text, columns, { hard: true }).split("\n");
  return lines.map((line) => clip(line, columns));
}
