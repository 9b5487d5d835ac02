import { cannotRead, UsageError } from "../text/errors.ts";
import type { OptionForm, OptionName } from "./options.ts";

/** A command line taken apart: each option with its values in the order given (a flag's is "true"), and the rest. */
export interface Arguments<Name extends string = OptionName> {
  readonly options: ReadonlyMap<Name, readonly string[]>;
  readonly operands: readonly string[];
}

/** Longest path (PATH_MAX of Linux), and longer than any other value: what is longer is not read at all. */
const MAX_VALUE_CHARACTERS = 4_096;

/** An option as it was spelled, and what it is. */
interface Spelled<Name> {
  readonly name: Name;
  readonly spelled: string;
  readonly form: OptionForm;
}

/**
 * Takes a command line apart, strictly, by a table of options: options and operands in any order, `--name=value`,
 * `--name value`, `-n value`, `-nvalue`, flags together as in `-4v`, and nothing but operands after `--`.
 * @throws {UsageError} for an unknown option, a missing value, or a value that an option does not take.
 */
export function readArguments<Name extends string>(
  argv: readonly string[],
  table: Readonly<Record<Name, OptionForm>>,
): Arguments<Name> {
  const known = spellings(table);
  const options = new Map<Name, string[]>();
  const operands: string[] = [];
  const rest = [...argv];
  const add = (name: Name, value: string) => options.set(name, [...(options.get(name) ?? []), value]);

  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      operands.push(...rest.splice(0));
    } else if (word.startsWith("--")) {
      const [, spelled = "", , value] = /^([^=]*)(=(.*))?$/s.exec(word) ?? [];
      const option = optionOf(spelled, known);
      add(option.name, readValue(option, value, rest));
    } else if (word.startsWith("-") && word !== "-") {
      for (let letters = word.slice(1); letters !== ""; ) {
        const option = optionOf(`-${letters[0]}`, known);
        const attached = letters.slice(1);
        const takesRest = option.form.type !== "boolean";
        add(option.name, readValue(option, takesRest && attached !== "" ? attached : undefined, rest));
        letters = takesRest ? "" : attached;
      }
    } else {
      operands.push(word);
    }
  }
  return { options, operands };
}

function spellings<Name extends string>(
  table: Readonly<Record<Name, OptionForm>>,
): ReadonlyMap<string, Spelled<Name>> {
  const known = new Map<string, Spelled<Name>>();
  for (const name in table) {
    const form = table[name];
    known.set(`--${name}`, { name, spelled: `--${name}`, form });
    if (form.alias !== undefined) known.set(`-${form.alias}`, { name, spelled: `-${form.alias}`, form });
  }
  return known;
}

function optionOf<Name>(spelled: string, known: ReadonlyMap<string, Spelled<Name>>): Spelled<Name> {
  const option = known.get(spelled);
  if (option === undefined) throw cannotRead(spelled, "an option", "one of those that --help lists");
  return option;
}

function readValue(
  { spelled, form }: Spelled<unknown>,
  attached: string | undefined,
  rest: string[],
): string {
  if (form.type === "boolean") {
    if (attached === undefined) return "true";
    throw new UsageError(`Option ${spelled} takes no value: want ${spelled} alone`);
  }
  const value = attached ?? rest.shift();
  if (value === undefined || value === "") {
    const hint = form.type === "enum" ? form.options.join("|") : form.valueHint;
    throw new UsageError(`Option ${spelled} has no value: want ${spelled} ${hint}`);
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
