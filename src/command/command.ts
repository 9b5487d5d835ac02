import type { CheckOptions } from "../check/options.ts";
import type { Thresholds } from "../report/nagios-status.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import { parsePort } from "../text/target.ts";
import { type Arguments, bounded, readArguments } from "./arguments.ts";
import { type ChoiceOf, OPTIONS, type OptionName, PAST_GREETING } from "./options.ts";
import { subCommandOf } from "./sub-command.ts";
import { readChoice, readSeconds, readThresholds, readWaiting, type Waiting } from "./values.ts";

/** How a report is written. */
export type Format = ChoiceOf<"format">;

/** Where outcomes are kept, and how long; times are the cache's own defaults when they are not given. */
interface CacheUse {
  readonly location: string;
  readonly upMs?: number;
  readonly downMs?: number;
}

/** A command line, read: what is asked, and how the answer is given. */
export interface Command {
  readonly operands: readonly string[];
  /** Files to read further servers from; `-` is standard input. */
  readonly serversFrom: readonly string[];
  readonly wants: "check" | "cache" | "help" | "version";
  readonly options: CheckOptions;
  readonly format: Format;
  readonly isRequirementGiven: boolean;
  readonly isVerbose: boolean;
  /** How long to wait for what is asked for, and from check to check; null not to wait. */
  readonly waiting: Waiting | null;
  readonly thresholds: Thresholds;
  readonly cache: CacheUse | null;
  /** The options given, for what goes past the greeting and is read when it is wanted (dialogue.ts); null for nothing of that. */
  readonly dialogue: Arguments["options"] | null;
}

/** The first operand that makes the command list or clear the cache; a server of that name is reached as `cache.`. */
const CACHE_COMMAND = "cache";
/** What stands behind it to clear the cache; in front of everything it is a mistake. */
const CLEAR_ACTION = "clear";

/**
 * Reads a command line; one that wants help or the version is not read any further.
 * @throws {UsageError} for anything in it that cannot be read, or does not go together.
 */
export function readCommand(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const { options: given, operands } = readArguments(argv, OPTIONS);
  const wants = wantsOf(given, operands);
  const options: Arguments["options"] = wants === "help" || wants === "version" ? new Map() : given;
  const last = (name: OptionName) => options.get(name)?.at(-1);
  const seconds = (name: OptionName, as: string) => readSeconds(last(name), as);
  const format = readChoice("format", last("format")) ?? "text";
  return {
    operands: readOperands(options, operands, wants),
    serversFrom: options.get("servers-from") ?? [],
    wants,
    options: { ...readCheckOptions(options, last), until: format === "text" ? "decided" : "settled" },
    format,
    isRequirementGiven: options.has("require"),
    isVerbose: options.has("verbose"),
    waiting: readWaiting(options, seconds, format),
    thresholds: readThresholds(last, format),
    cache: readCache(options, environment),
    dialogue: options.keys().some((name) => name in PAST_GREETING) ? options : null,
  };
}

/**
 * The format asked for by a command line of which something else cannot be read: errors too are for whoever reads the
 * report.
 */
export function formatOf(argv: readonly string[]): Format {
  if (subCommandOf(argv) !== undefined) return "text";
  const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const values = words.flatMap((word, at) => {
    if (word.startsWith("--format=")) return [word.slice("--format=".length)];
    return word === "--format" ? [words[at + 1]] : [];
  });
  return OPTIONS.format.options.find((format) => format === values.at(-1)) ?? "text";
}

function wantsOf(options: Arguments["options"], operands: readonly string[]): Command["wants"] {
  if (options.has("help")) return "help";
  if (options.has("version")) return "version";
  const [first] = operands;
  if (first === CLEAR_ACTION) {
    throw cannotRead(first, "a server", `${CACHE_COMMAND} ${first}, or ${first}. for a server of that name`);
  }
  return first === CACHE_COMMAND ? "cache" : "check";
}

/** Servers given as a monitor gives them stand in front of those named. */
function readOperands(
  options: Arguments["options"],
  operands: readonly string[],
  wants: Command["wants"],
): readonly string[] {
  const hostnames = options.get("hostname") ?? [];
  for (const name of ["hostname", "servers-from"] as const) {
    if (wants !== "cache" || !options.has(name)) continue;
    throw new UsageError(`Cannot use --${name} with ${CACHE_COMMAND}: want servers behind ${CLEAR_ACTION}`);
  }
  return [...hostnames, ...operands];
}

function readCheckOptions(
  options: Arguments["options"],
  last: (name: OptionName) => string | undefined,
): CheckOptions {
  if (options.has("ipv4") && options.has("ipv6")) {
    throw new UsageError("Cannot use -4 and -6 together: want one of them");
  }
  const family = options.has("ipv4") ? 4 : options.has("ipv6") ? 6 : undefined;
  const port = last("port");
  const timeoutMs = readSeconds(last("timeout"), "a timeout");
  return {
    mx: options.get("mx") ?? [],
    dns: options.get("dns") ?? [],
    stop: options.get("stop") ?? [],
    stopSelf: options.has("stop-self"),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    deadlineMs: readSeconds(last("deadline"), "a deadline") ?? 0,
    sort: options.has("sort"),
    ...(port === undefined ? {} : { port: parsePort(port) }),
    ...(family === undefined ? {} : { family }),
    order: options.has("fastest") ? "arrival" : "list",
    requirement: readChoice("require", last("require")) ?? "none",
  };
}

function readCache(
  options: Arguments["options"],
  environment: Readonly<Record<string, string | undefined>>,
): CacheUse | null {
  const location = options.get("cache")?.at(-1) ?? environment["SMTPDCHECK_CACHE"];
  const upMs = readSeconds(options.get("cache-up")?.at(-1), "a time to keep");
  const downMs = readSeconds(options.get("cache-down")?.at(-1), "a time to keep");
  if (options.has("no-cache") || location === undefined || location === "") return null;
  return {
    location: bounded(location, "SMTPDCHECK_CACHE"),
    ...(upMs === undefined ? {} : { upMs }),
    ...(downMs === undefined ? {} : { downMs }),
  };
}
