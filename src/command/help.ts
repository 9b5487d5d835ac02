import type { ArgDef } from "citty";
import { wrap } from "../report/wrap.ts";
import { ToldError } from "../text/errors.ts";
import { OPTION_TEXTS } from "./option-texts.ts";
import type { OPTIONS, OptionName } from "./options.ts";

/** Widest help: so it fits into 80 columns and into a mail. */
const MAX_COLUMNS = 79;
const INDENT = 2;
const GAP = 2;
/** Where descriptions begin: behind all but the longest options, which stand alone on their line. */
const DESCRIPTIONS_AT = 28;
/** With fewer columns left for descriptions they stand below, indented so far. */
const MIN_DESCRIPTION_COLUMNS = 24;
const BELOW_AT = 6;

const USAGE_OPERAND = "[prio:]server[:port]...";

/** A line in two columns. */
type Row = readonly [label: string, description: string];

const EXIT_STATUS: readonly Row[] = [
  ["0", "no server that counts is available; with --require any or all: it is met"],
  ["1", "one is: its name is printed; with --require any or all: it is not met"],
  ["2", "an error, or it could not be told because of this machine"],
  [" ", "With --format nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN"],
];

const CACHE: readonly Row[] = [
  ["smtpdcheck cache --cache LOCATION", "List what is kept"],
  ["smtpdcheck cache clear --cache LOCATION [server...]", "Forget it, or that of some servers"],
];

/** Help that cannot be shown. */
class HelpError extends ToldError {
  override readonly name = "HelpError";
}

/**
 * What --help prints, in lines of at most 79 columns. citty says what there is; how it is laid out is ours, for citty
 * aligns options to the right, and wraps nothing.
 * @throws {HelpError} where citty is not installed.
 */
export async function renderHelp(
  options: typeof OPTIONS,
  version: string,
  terminalColumns?: number,
): Promise<string> {
  const columns = Math.min(terminalColumns || MAX_COLUMNS, MAX_COLUMNS);
  const usage = Bun.stripANSI(await renderUsage(options, version)).replace("[SERVER]", USAGE_OPERAND);
  const lines = usage
    .trim()
    .split("\n")
    .map((line) => line.trim());
  return [
    ...lines.flatMap((line) => layOutLine(line, columns)),
    ...section("EXIT STATUS", EXIT_STATUS, columns),
    ...section("CACHE", CACHE, columns),
    "",
  ].join("\n");
}

async function renderUsage(options: typeof OPTIONS, version: string): Promise<string> {
  const citty = await import("citty").catch(() => {
    const folder = Bun.fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
    throw new HelpError(`Cannot show the options without citty: run "bun install" in ${folder}`);
  });
  const described = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      { ...option, description: OPTION_TEXTS[name as OptionName] } as ArgDef,
    ]),
  );
  return citty.renderUsage({
    meta: { name: "smtpdcheck", version, description: "Tell which of your mail servers is available" },
    args: {
      ...described,
      server: {
        type: "positional",
        description: "A host name or address; several may stand in one argument",
        required: false,
      },
    },
  });
}

/** A line of citty's: a row in two columns, parted by four blanks, or text. */
function layOutLine(line: string, columns: number): readonly string[] {
  const [, label, description] = /^(\S.*?) {4,}(.*)$/.exec(line) ?? [];
  if (label === undefined || description === undefined) return wrap(line, columns);
  return layOutRow([label, description], DESCRIPTIONS_AT, columns);
}

function section(title: string, rows: readonly Row[], columns: number): readonly string[] {
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

function layOutRow([label, description]: Row, at: number, columns: number): readonly string[] {
  const isBeside = columns - at >= MIN_DESCRIPTION_COLUMNS && INDENT + label.length + GAP <= at;
  const below = columns - at >= MIN_DESCRIPTION_COLUMNS ? at : BELOW_AT;
  const start = isBeside ? at : below;
  const described = wrap(description, Math.max(columns - start, 1)).map((line) => " ".repeat(start) + line);
  const named = wrapLabel(label, columns);
  const [first = "", ...rest] = described;
  return isBeside ? [named.join("").padEnd(at) + first.slice(at), ...rest] : [...named, ...described];
}
