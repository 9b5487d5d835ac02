import { MAX_TIMEOUT_MS } from "../limits/deadline.ts";
import { parseMinimum } from "../report/minimum.ts";
import type { Thresholds } from "../report/nagios-status.ts";
import { parseRange } from "../report/range.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import type { Arguments } from "./arguments.ts";
import { type ChoiceName, type ChoiceOf, OPTIONS, type OptionName } from "./options.ts";

/**
 * One of the words that an option takes.
 * @throws {UsageError} when it is none of them.
 */
export function readChoice<Name extends ChoiceName>(
  name: Name,
  text: string | undefined,
): ChoiceOf<Name> | undefined {
  if (text === undefined) return undefined;
  const choices: readonly ChoiceOf<Name>[] = OPTIONS[name].options;
  const choice = choices.find((each) => each === text);
  if (choice === undefined) throw cannotRead(text, `--${name}`, choices.join(", "));
  return choice;
}

/**
 * Milliseconds from seconds, decimals allowed.
 * @throws {UsageError} for anything else, or more than a timer can run.
 */
export function readSeconds(text: string | undefined, as: string): number | undefined {
  if (text === undefined) return undefined;
  const durationMs = Number(text) * 1000;
  if (!/^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text)) throw cannotRead(text, as, "seconds, such as 2.5");
  if (durationMs <= MAX_TIMEOUT_MS) return durationMs;
  throw cannotRead(text, as, `at most ${Math.floor(MAX_TIMEOUT_MS / 1000)} seconds`, "too large");
}

/**
 * What a monitor is to be alarmed by.
 * @throws {UsageError} when it cannot be read, or the report is not for a monitor.
 */
export function readThresholds(
  last: (name: OptionName) => string | undefined,
  format: ChoiceOf<"format">,
): Thresholds {
  const [warning, critical, minimum] = [last("warning"), last("critical"), last("min-available")];
  if (format !== "nagios" && (warning ?? critical ?? minimum) !== undefined) {
    throw new UsageError("Cannot use --warning, --critical or --min-available without --format nagios");
  }
  return {
    ...(warning === undefined ? {} : { warning: parseRange(warning) }),
    ...(critical === undefined ? {} : { critical: parseRange(critical) }),
    ...(minimum === undefined ? {} : { minimum: parseMinimum(minimum) }),
  };
}

/** How to wait; an interval that was not given is the usual one. */
export interface Waiting {
  readonly waitMs: number;
  readonly intervalMs: number | undefined;
}

/**
 * How to wait, if at all. What is waited for has to be said: the classic requirement is met at once where nobody listens.
 * @throws {UsageError} when that was not, or the interval is none.
 */
export function readWaiting(
  options: Arguments["options"],
  seconds: (name: OptionName, as: string) => number | undefined,
  format: ChoiceOf<"format">,
): Waiting | null {
  const [waitMs, intervalMs] = [seconds("wait", "a time to wait"), seconds("interval", "an interval")];
  if (waitMs === undefined) {
    if (intervalMs !== undefined) throw new UsageError("Cannot use --interval without --wait");
    return null;
  }
  if (!options.has("require") && format !== "nagios") {
    throw new UsageError(
      "Cannot use --wait without --require: want --require any or all to wait for servers to come up, none for them to be gone",
    );
  }
  if (intervalMs === 0) throw cannotRead("0", "an interval", "more than 0 seconds");
  return { waitMs, intervalMs };
}
