import { cleanText } from "../text/clean-text.ts";
import { ToldError } from "../text/errors.ts";
import { explainSystemError } from "../text/system-error.ts";

/** A file or standard input that cannot be read. */
export class InputError extends ToldError {
  override readonly name = "InputError";
}

/**
 * A file as a stream, `-` for standard input. Bun's own stream waits for a standard input that does not block, which
 * `node:fs` calls EAGAIN; of files it refuses /dev/null.
 */
export function openInput(path: string): AsyncIterable<Uint8Array> {
  return path === "-" ? Bun.stdin.stream() : process.getBuiltinModule("node:fs").createReadStream(path);
}

/** An input as messages name it. */
export function nameOfInput(path: string): string {
  return path === "-" ? "standard input" : path;
}

/**
 * A whole input as text.
 * @throws {InputError} when it cannot be read, or is longer than so many octets.
 */
export async function readInput(path: string, what: string, maxOctets: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let count = 0;
  const wrong = (why: string) =>
    new InputError(`Cannot read ${what} from ${cleanText(nameOfInput(path))}: ${why}`);
  try {
    for await (const part of openInput(path)) {
      count += part.length;
      if (count > maxOctets) throw wrong("it is too large");
      parts.push(part);
    }
  } catch (error) {
    throw error instanceof ToldError ? error : wrong(explainSystemError(error));
  }
  return Buffer.concat(parts).toString("utf8");
}
