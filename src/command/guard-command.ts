import { loadRules } from "../guard/rules-files.ts";
import type { GuardSettings } from "../guard/settings.ts";
import { UsageError } from "../text/errors.ts";
import { explainSystemError } from "../text/system-error.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import { type Given, type GivenOptions, parseGuardConfig } from "./guard-config.ts";
import type { FILTER_OPTIONS, GuardOptionName, SERVE_OPTIONS } from "./guard-options.ts";
import { readGuardSettings } from "./guard-settings.ts";

/** What a guard's command line asks for. */
export type GuardCommand =
  | { readonly wants: "help" }
  | { readonly wants: "check"; readonly settings: GuardSettings }
  | {
      readonly wants: "run";
      readonly settings: GuardSettings;
      /** Reads the configuration file again. */
      readonly reread: () => GuardSettings;
    };

/**
 * Reads the command line of `serve` or `filter`, and the configuration file that it names.
 * @throws {UsageError} for anything in them that cannot be read.
 */
export function readGuardCommand(
  argv: readonly string[],
  table: typeof SERVE_OPTIONS | typeof FILTER_OPTIONS,
): GuardCommand {
  const { options, operands }: Arguments<GuardOptionName> = readArguments<GuardOptionName>(
    argv,
    table as typeof SERVE_OPTIONS,
  );
  if (options.has("help")) return { wants: "help" };
  const [operand] = operands;
  if (operand !== undefined) throw new UsageError(`Cannot use "${operand}": want options alone`);
  const read = () => readGuardSettings(given(options, table));
  const settings = read();
  if (options.has("check-config")) return { wants: "check", settings };
  return { wants: "run", settings, reread: read };
}

/**
 * Makes sure that a guard could start: its files are read, and there is something to serve.
 * @throws {UsageError} when it could not.
 */
export async function checkGuard(settings: GuardSettings, isServer: boolean): Promise<void> {
  const addresses = [...settings.policy, ...settings.socketmap];
  if (isServer && addresses.length === 0)
    throw new UsageError("Nothing to serve: want --policy or --socketmap with an address");
  if (addresses.length > 1 && addresses.some(({ kind }) => kind === "stdio"))
    throw new UsageError("Cannot use stdio beside another address: want it alone");
  await loadRules(settings);
}

/** The command line goes before the file. */
function given(
  options: Arguments<GuardOptionName>["options"],
  table: typeof SERVE_OPTIONS | typeof FILTER_OPTIONS,
): GivenOptions {
  const file = options.get("config")?.at(-1);
  const all = new Map<GuardOptionName, Given>(
    file === undefined ? [] : parseGuardConfig(textOf(file), file, table),
  );
  for (const [name, values] of options) all.set(name, { values, where: null });
  return all;
}

function textOf(path: string): string {
  try {
    return process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`Cannot read the configuration ${path}: ${explainSystemError(error)}`);
  }
}
