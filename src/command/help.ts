import type { ArgDef, ArgsDef } from "citty";
import { wrap } from "../report/wrap.ts";
import { ToldError } from "../text/errors.ts";
import type { OptionForm } from "./options.ts";

/** Widest help: so it fits into 80 columns and into a mail. */
const MAX_COLUMNS = 79;
const INDENT = 2;
const GAP = 2;
/** Where descriptions begin: behind all but the longest options, which stand alone on their line. */
const DESCRIPTIONS_AT = 28;
/** With fewer columns left for descriptions they stand below, indented so far. */
const MIN_DESCRIPTION_COLUMNS = 24;
const BELOW_AT = 6;

/** A line in two columns. */
type HelpRow = readonly [label: string, description: string];

/** What there is to be said of a command. */
export interface HelpPage {
  readonly name: string;
  readonly description: string;
  readonly options: Readonly<Record<string, OptionForm>>;
  /** What each option does. */
  readonly texts: Readonly<Record<string, string>>;
  /** What may stand behind the options; null for nothing. */
  readonly operand: { readonly usage: string; readonly name: string; readonly description: string } | null;
  /** What comes behind the options, each with a title. */
  readonly sections: Readonly<Record<string, readonly HelpRow[]>>;
}

/** Help that cannot be shown. */
class HelpError extends ToldError {
  override readonly name = "HelpError";
}

/**
 * What --help prints, in lines of at most 79 columns. citty says what there is; how it is laid out is ours, for citty
 * aligns options to the right, and wraps nothing.
 * @throws {HelpError} where citty is not installed.
 */
export async function renderHelp(page: HelpPage, version: string, terminalColumns?: number): Promise<string> {
  const columns = Math.min(terminalColumns || MAX_COLUMNS, MAX_COLUMNS);
  const usage = Bun.stripANSI(await renderUsage(page, version));
  const { operand, sections } = page;
  const lines = (operand === null ? usage : usage.replace(`[${operand.name.toUpperCase()}]`, operand.usage))
    .trim()
    .split("\n")
    .map((line) => line.trim());
  return [
    ...lines.flatMap((line) => layOutLine(line, columns)),
    ...Object.entries(sections).flatMap(([title, rows]) => section(title, rows, columns)),
    "",
  ].join("\n");
}

async function renderUsage(page: HelpPage, version: string): Promise<string> {
  const citty = await import("citty").catch(() => {
    const folder = Bun.fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
    throw new HelpError(`Cannot show the options without citty: run "bun install" in ${folder}`);
  });
  const { name, description, operand } = page;
  const options = Object.entries(page.options).map(([option, form]) => [
    option,
    { ...form, description: page.texts[option] } as ArgDef,
  ]);
  const operands: ArgsDef =
    operand === null
      ? {}
      : { [operand.name]: { type: "positional", description: operand.description, required: false } };
  return citty.renderUsage({
    meta: { name, version, description },
    args: { ...Object.fromEntries(options), ...operands },
  });
}

/** A line of citty's: a row in two columns, parted by four blanks, or text. */
function layOutLine(line: string, columns: number): readonly string[] {
  const [, label, description] = /^(\S.*?) {4,}(.*)$/.exec(line) ?? [];
  if (label === undefined || description === undefined) return wrap(line, columns);
  return layOutRow([label, description], DESCRIPTIONS_AT, columns);
}

function section(title: string, rows: readonly HelpRow[], columns: number): readonly string[] {
  const at = INDENT + Math.min(...rows.map(([label]) => label.length)) + GAP;
  return ["", title, "", ...rows.flatMap((row) => layOutRow(row, Math.min(at, DESCRIPTIONS_AT), columns))];
}

/** An option with more choices than fit into a line goes on behind a `|`. */
function wrapLabel(label: string, columns: number): readonly string[] {
  const parts = label.split(/(?<=\|)/);
  const lines = [" ".repeat(INDENT) + (parts.shift() ?? "")];
  for (const part of parts) {
    const last = lines.at(-1) ?? "";
    if (last.length + part.length <= columns) lines[lines.length - 1] = last + part;
    else lines.push(" ".repeat(BELOW_AT) + part);
  }
  return lines.flatMap((line) => (line.length <= columns ? [line] : wrap(line, columns)));
}

function layOutRow([label, description]: HelpRow, at: number, columns: number): readonly string[] {
  const isBeside = columns - at >= MIN_DESCRIPTION_COLUMNS && INDENT + label.length + GAP <= at;
  const below = columns - at >= MIN_DESCRIPTION_COLUMNS ? at : BELOW_AT;
  const start = isBeside ? at : below;
  const described = wrap(description, Math.max(columns - start, 1)).map((line) => " ".repeat(start) + line);
  const named = wrapLabel(label, columns);
  const [first = "", ...rest] = described;
  return isBeside ? [named.join("").padEnd(at) + first.slice(at), ...rest] : [...named, ...described];
}
