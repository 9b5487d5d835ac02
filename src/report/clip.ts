const ELLIPSIS = "…";

/**
 * Clean text cut to a width in terminal columns, with an ellipsis where something was cut off. `Bun.sliceAnsi` (1.4.5)
 * keeps a wide character of which only the first half fits, so what it leaves is measured again.
 */
export function clip(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  for (let room = columns - 1; room > 0; room -= 1) {
    const cut = Bun.sliceAnsi(text, 0, room) + ELLIPSIS;
    if (Bun.stringWidth(cut) <= columns) return cut;
  }
  return ELLIPSIS;
}
