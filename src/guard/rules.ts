import { UsageError } from "../text/errors.ts";

/**
 * Reads a file of rules, one a line; `#` begins a comment, blanks around a rule do not count.
 * @throws {UsageError} that names file and line, for a rule that cannot be read.
 */
export function readRules(text: string, file: string, take: (rule: string) => void): void {
  for (const [at, line] of text.split("\n").entries()) {
    const rule = line.replace(/(?:^|\s)#.*$/s, "").trim();
    if (rule === "") continue;
    try {
      take(rule);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${error.message} (${file}, line ${at + 1})`);
    }
  }
}
