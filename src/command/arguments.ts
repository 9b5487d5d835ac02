import { cannotRead, UsageError } from "../text/errors.ts";
import { OPTIONS, type OptionName } from "./options.ts";

/** A command line taken apart: each option with its values in the order given (a flag's is "true"), and the rest. */
export interface Arguments {
  readonly options: ReadonlyMap<OptionName, readonly string[]>;
  readonly operands: readonly string[];
}

/** Longest path (PATH_MAX of Linux), and longer than any other value: what is longer is not read at all. */
const MAX_VALUE_CHARACTERS = 4_096;

const NAMES = new Map<string, OptionName>();
for (const [name, option] of Object.entries(OPTIONS)) {
  if (!isOptionName(name)) continue;
  NAMES.set(`--${name}`, name);
  if ("alias" in option) NAMES.set(`-${option.alias}`, name);
}

/**
 * Takes a command line apart, strictly: options and operands in any order, `--name=value`, `--name value`, `-n value`,
 * `-nvalue`, flags together as in `-4v`, and nothing but operands after `--`.
 * @throws {UsageError} for an unknown option, a missing value, or a value that an option does not take.
 */
export function readArguments(argv: readonly string[]): Arguments {
  const options = new Map<OptionName, string[]>();
  const operands: string[] = [];
  const rest = [...argv];
  const add = (name: OptionName, value: string) => options.set(name, [...(options.get(name) ?? []), value]);

  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      operands.push(...rest.splice(0));
    } else if (word.startsWith("--")) {
      const [, spelled = "", , value] = /^([^=]*)(=(.*))?$/s.exec(word) ?? [];
      const name = nameOf(spelled);
      add(name, readValue(name, spelled, value, rest));
    } else if (word.startsWith("-") && word !== "-") {
      for (let letters = word.slice(1); letters !== ""; ) {
        const spelled = `-${letters[0]}`;
        const name = nameOf(spelled);
        const attached = letters.slice(1);
        const takesRest = OPTIONS[name].type !== "boolean";
        add(name, readValue(name, spelled, takesRest && attached !== "" ? attached : undefined, rest));
        letters = takesRest ? "" : attached;
      }
    } else {
      operands.push(word);
    }
  }
  return { options, operands };
}

function nameOf(spelled: string): OptionName {
  const name = NAMES.get(spelled);
  if (name === undefined) throw cannotRead(spelled, "an option", "one of those that --help lists");
  return name;
}

function readValue(name: OptionName, spelled: string, attached: string | undefined, rest: string[]): string {
  const option = OPTIONS[name];
  if (option.type === "boolean") {
    if (attached === undefined) return "true";
    throw new UsageError(`Option ${spelled} takes no value: want ${spelled} alone`);
  }
  const value = attached ?? rest.shift();
  if (value === undefined || value === "") {
    throw new UsageError(`Option ${spelled} has no value: want ${spelled} ${hintOf(option)}`);
  }
  return bounded(value, `Option ${spelled}`);
}

/**
 * A value that is short enough to be read: patterns may take time by the square of its length.
 * @throws {UsageError} when it is longer than any that makes sense, without showing it, for it may be a secret.
 */
export function bounded(value: string, from: string): string {
  if (value.length <= MAX_VALUE_CHARACTERS) return value;
  throw new UsageError(
    `${from} has a value of ${value.length} characters: want at most ${MAX_VALUE_CHARACTERS}`,
  );
}

function hintOf(option: { readonly valueHint: string } | { readonly options: readonly string[] }): string {
  return "options" in option ? option.options.join("|") : option.valueHint;
}

function isOptionName(name: string): name is OptionName {
  return name in OPTIONS;
}
