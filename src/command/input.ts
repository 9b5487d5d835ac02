import { cleanText } from "../text/clean-text.ts";
import { ToldError } from "../text/errors.ts";
import { explainSystemError } from "../text/system-error.ts";

const LF = 0x0a;

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
  return (await readOctets(path, what, maxOctets, () => false)).toString("utf8");
}

/**
 * The first line of an input, without its end and without a byte order mark; what comes behind it is not waited for.
 * @throws {InputError} when it cannot be read, is longer than so many octets, or not UTF-8.
 */
export async function readFirstLine(path: string, what: string, maxOctets: number): Promise<string> {
  const octets = await readOctets(path, what, maxOctets, (part) => path === "-" && part.includes(LF));
  const end = octets.indexOf(LF);
  try {
    const line = new TextDecoder("utf-8", { fatal: true }).decode(
      octets.subarray(0, end === -1 ? undefined : end),
    );
    return line.replace(/\r$/, "");
  } catch {
    throw inputError(path, what, "it is not UTF-8");
  }
}

async function readOctets(
  path: string,
  what: string,
  maxOctets: number,
  isEnough: (part: Uint8Array) => boolean,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let count = 0;
  try {
    for await (const part of openInput(path)) {
      count += part.length;
      if (count > maxOctets) throw inputError(path, what, "it is too large");
      parts.push(part);
      if (isEnough(part)) break;
    }
  } catch (error) {
    throw error instanceof ToldError ? error : inputError(path, what, explainSystemError(error));
  }
  return Buffer.concat(parts);
}

function inputError(path: string, what: string, why: string): InputError {
  return new InputError(`Cannot read ${what} from ${cleanText(nameOfInput(path))}: ${why}`);
}
