import { cleanText } from "./clean-text.ts";

/** An error of our own: its message is one line and says all there is to say. */
export class ToldError extends Error {}

/** Something the caller wrote that cannot be used; the message says what would be right. */
export class UsageError extends ToldError {
  override readonly name = "UsageError";
}

/** A {@link UsageError} in the one form all of them have: the value, what it was read as, what was wanted. */
export function cannotRead(value: string, as: string, want: string): UsageError {
  const characters = [...value];
  const shown = characters.length > 80 ? `${characters.slice(0, 80).join("")}…` : value;
  return new UsageError(`Cannot read "${cleanText(shown)}" as ${as}: want ${want}`);
}

/** The code of a system's or a library's error, such as ENOSPC or SQLITE_FULL; undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
