import type { SubCommand } from "./sub-command.ts";

/**
 * Runs another command than the plain one, which has options of its own and pieces that nobody else loads: the words
 * behind its name in, exit status out.
 * @throws {UsageError} for anything in them that cannot be read, and what the command itself throws.
 */
export async function runSubCommand(
  name: SubCommand,
  argv: readonly string[],
  version: string,
): Promise<number> {
  switch (name) {
    case "serve":
      return (await import("./serve.ts")).serve(argv, version);
    case "filter":
      return (await import("./filter.ts")).filter(argv, version);
    case "doctor":
      return (await import("./doctor.ts")).doctor(argv, version);
  }
}
