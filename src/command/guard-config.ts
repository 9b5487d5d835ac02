import { cannotRead, UsageError } from "../text/errors.ts";
import {
  COMMAND_LINE_ALONE,
  type GuardOptionName,
  NUMBERS,
  REPEATABLE,
  SERVE_OPTIONS,
} from "./guard-options.ts";
import type { OptionForm } from "./options.ts";

/** The values of one option, and where they stand when that is not the command line. */
export interface Given {
  readonly values: readonly string[];
  readonly where: string | null;
}

/** The options that were given, by name. */
export type GivenOptions = ReadonlyMap<GuardOptionName, Given>;

/**
 * Reads a configuration file: TOML with the options' names as keys.
 * @throws {UsageError} that names file, key and line, for anything that cannot be read.
 */
export function parseGuardConfig(
  text: string,
  file: string,
  options: Readonly<Record<string, OptionForm>>,
): GivenOptions {
  const given = new Map<GuardOptionName, Given>();
  for (const [key, value] of Object.entries(parseToml(text, file))) {
    const where = whereOf(text, key, file);
    if (!isOption(key) || !Object.hasOwn(options, key))
      throw new UsageError(
        `${cannotRead(key, "an option", "one of those that --help lists").message} (${where})`,
      );
    const values = valuesOf(key, value);
    if (values === undefined)
      throw new UsageError(`Cannot use this value for ${key}: want ${wantedOf(key)} (${where})`);
    given.set(key, { values, where });
  }
  return given;
}

function parseToml(text: string, file: string): object {
  try {
    return Bun.TOML.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read ${file} as TOML: ${why} (line ${faultyLineOf(text)})`);
  }
}

/** Bun's TOML does not tell where the fault is: behind the last lines that can be read by themselves. */
function faultyLineOf(text: string): number {
  const lines = text.split("\n");
  const good = lines.findLastIndex((_, at) => isToml(lines.slice(0, at).join("\n")));
  return good + 1;
}

function isToml(text: string): boolean {
  try {
    Bun.TOML.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isOption(key: string): key is GuardOptionName {
  return Object.hasOwn(SERVE_OPTIONS, key) && !COMMAND_LINE_ALONE.has(key);
}

/** The values as a command line would have them; undefined for one of another type. */
function valuesOf(key: GuardOptionName, value: unknown): readonly string[] | undefined {
  if (SERVE_OPTIONS[key].type === "boolean")
    return typeof value !== "boolean" ? undefined : value ? ["true"] : [];
  if (NUMBERS.has(key)) return typeof value === "number" ? [String(value)] : undefined;
  if (REPEATABLE.has(key) && Array.isArray(value))
    return value.every((each) => typeof each === "string") ? value : undefined;
  return typeof value === "string" ? [value] : undefined;
}

function wantedOf(key: GuardOptionName): string {
  if (SERVE_OPTIONS[key].type === "boolean") return "true or false";
  if (NUMBERS.has(key)) return "a number";
  return REPEATABLE.has(key) ? "a string, or an array of strings" : "a string";
}

/** Bun's TOML does not tell where a key stands; one that is spelled with escapes is not found. */
function whereOf(text: string, key: string, file: string): string {
  const spelled = key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const shape = new RegExp(`^\\s*\\[*\\s*["']?${spelled}["']?\\s*[=.\\]]`);
  const at = text.split("\n").findIndex((line) => shape.test(line));
  return at === -1 ? file : `${file}, line ${at + 1}`;
}
