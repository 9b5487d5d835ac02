import { cleanText } from "./clean-text.ts";

const MAX_SHOWN_CHARACTERS = 80;

/** An error of our own: its message is one line and says all there is to say. */
export class ToldError extends Error {}

/** Something the caller wrote that cannot be used; the message says what would be right. */
export class UsageError extends ToldError {
  override readonly name = "UsageError";
}

/**
 * A {@link UsageError} in the one form all of them have: the value, what it was read as, what is wrong with it where
 * that can be told, what was wanted.
 */
export function cannotRead(value: string, as: string, want: string, wrong?: string): UsageError {
  const fault = wrong === undefined ? "" : `${cleanText(clipped(wrong))}, `;
  return new UsageError(`Cannot read "${cleanText(clipped(value))}" as ${as}: ${fault}want ${want}`);
}

function clipped(text: string): string {
  const characters = [...text.slice(0, 2 * MAX_SHOWN_CHARACTERS + 2)];
  return characters.length > MAX_SHOWN_CHARACTERS
    ? `${characters.slice(0, MAX_SHOWN_CHARACTERS).join("")}…`
    : text;
}

/** The code of a system's or a library's error, such as ENOSPC or SQLITE_FULL; undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
