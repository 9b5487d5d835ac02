import { cannotRead } from "../../text/errors.ts";
import { insideBraces, logicalLines, splitWords } from "./words.ts";

/** One service of master.cf(5). */
export interface MasterService {
  readonly name: string;
  /** inet, unix, fifo, pass or unix-dgram. */
  readonly type: string;
  /** y, n or - for the default, which the compatibility level decides. */
  readonly chroot: string;
  /** A number, or - for `default_process_limit`. */
  readonly processes: string;
  readonly command: string;
  /** What `-o` sets. */
  readonly overrides: ReadonlyMap<string, string>;
  /** All words behind the command. */
  readonly args: readonly string[];
}

const BLANK = /\s/;

/**
 * Reads what `postconf -M` prints, or a master.cf.
 * @throws {UsageError} for a line that is neither.
 */
export function parseMasterCf(text: string): readonly MasterService[] {
  return logicalLines(text).map((line) => {
    const [name, type, , , chroot, , processes, command, ...args] = splitWords(line, BLANK);
    if (name === undefined || type === undefined || chroot === undefined) throw wrong(line);
    if (processes === undefined || command === undefined) throw wrong(line);
    return { name, type, chroot, processes, command, overrides: overridesOf(args), args };
  });
}

function wrong(line: string): Error {
  return cannotRead(line, "a line of postconf -M", "eight words or more, such as smtp inet n - y - - smtpd");
}

/** `-o name=value`, `-oname=value`, `-o { name = value }`. */
function overridesOf(args: readonly string[]): ReadonlyMap<string, string> {
  const overrides = new Map<string, string>();
  args.forEach((word, at) => {
    if (!word.startsWith("-o")) return;
    const setting = word === "-o" ? (args[at + 1] ?? "") : word.slice(2);
    const [, name, value = ""] = /^([^\s=]+)\s*=\s*(.*)$/s.exec(insideBraces(setting) ?? setting) ?? [];
    if (name !== undefined) overrides.set(name, value.trim());
  });
  return overrides;
}
