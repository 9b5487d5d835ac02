import { ToldError } from "../text/errors.ts";
import { explainSystemError } from "../text/system-error.ts";
import { standard } from "./standard-streams.ts";

/** Standard output that cannot be written. */
export class OutputError extends ToldError {
  override readonly name = "OutputError";
}

/**
 * Writes to standard output, and gives that exit status back.
 * @throws {OutputError} when it cannot.
 */
export async function print(text: string, status: number): Promise<number> {
  try {
    await standard.output(text);
    return status;
  } catch (error) {
    throw new OutputError(`Cannot write to standard output: ${explainSystemError(error)}`);
  }
}
