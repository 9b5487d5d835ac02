import { cleanText } from "./clean-text.ts";

/** Something the caller wrote that cannot be used; the message is one line and says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A {@link UsageError} in the one form all of them have: the value, what it was read as, what was wanted. */
export function cannotRead(value: string, as: string, want: string): UsageError {
  const characters = [...value];
  const shown = characters.length > 80 ? `${characters.slice(0, 80).join("")}…` : value;
  return new UsageError(`Cannot read "${cleanText(shown)}" as ${as}: want ${want}`);
}
