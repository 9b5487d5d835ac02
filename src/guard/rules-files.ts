import { ToldError } from "../text/errors.ts";
import { explainSystemError } from "../text/system-error.ts";
import { type AllowList, parseAllowList } from "./allow-list.ts";
import type { GuardRules } from "./asked.ts";
import { parseDomainRules } from "./domain-rules.ts";
import { parseMessage } from "./message.ts";
import type { GuardSettings } from "./settings.ts";

/** A file that cannot be read. */
export class RulesFileError extends ToldError {
  override readonly name = "RulesFileError";
}

const NOBODY: AllowList = { has: () => false };

/**
 * Reads what a guard decides by, its files included.
 * @throws {RulesFileError} for a file that cannot be read, {UsageError} for what stands in it.
 */
export async function loadRules({
  domainsFile,
  allowFile,
  message,
  action,
}: GuardSettings): Promise<GuardRules> {
  return {
    allowed: allowFile === null ? NOBODY : parseAllowList(await textOf(allowFile), allowFile),
    domains: domainsFile === null ? null : parseDomainRules(await textOf(domainsFile), domainsFile),
    message: parseMessage(message),
    action,
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    throw new RulesFileError(`Cannot read the file ${path}: ${explainSystemError(error)}`);
  }
}
