import { SMTP_PORT } from "../check/options.ts";
import { ToldError, UsageError } from "../text/errors.ts";
import { explainSystemError } from "../text/system-error.ts";
import { parseTargets } from "../text/target.ts";
import { InputError, nameOfInput, openInput } from "./input.ts";

/** Longer than any line that somebody wrote, so that a file without line ends is not read into memory whole. */
const MAX_LINE_CHARACTERS = 65_536;

/**
 * The servers of files, `-` for standard input: a line is what an argument is, and what follows a `#` is a comment.
 * @throws {UsageError} with the number of a line that is not servers.
 * @throws {InputError} when a file cannot be read.
 */
export async function readServersFrom(paths: readonly string[]): Promise<readonly string[]> {
  const servers: string[] = [];
  for (const path of paths) {
    try {
      for await (const line of serverLines(openInput(path), path)) servers.push(line);
    } catch (error) {
      if (error instanceof ToldError) throw error;
      throw new InputError(`Cannot read servers from ${nameOfInput(path)}: ${explainSystemError(error)}`);
    }
  }
  return servers;
}

async function* serverLines(stream: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<string> {
  let [number, rest] = [0, ""];
  const decoder = new TextDecoder();
  for await (const octets of stream) {
    const lines = (rest + decoder.decode(octets, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      number += 1;
      yield* serversOf(line, number, path);
    }
    if (rest.length > MAX_LINE_CHARACTERS) throw badLine(number + 1, path, "it is too long");
  }
  yield* serversOf(rest + decoder.decode(), number + 1, path);
}

function* serversOf(line: string, number: number, path: string): Generator<string> {
  const servers = line.split("#", 1).join("").trim();
  if (servers === "") return;
  if (servers.length > MAX_LINE_CHARACTERS) throw badLine(number, path, "it is too long");
  try {
    parseTargets(servers, SMTP_PORT);
  } catch (error) {
    throw error instanceof UsageError ? badLine(number, path, error.message) : error;
  }
  yield servers;
}

function badLine(number: number, path: string, why: string): UsageError {
  return new UsageError(`Line ${number} of ${nameOfInput(path)}: ${why}`);
}
