import { MAX_TIMEOUT_MS } from "../limits/deadline.ts";
import { parseMinimum } from "../report/minimum.ts";
import type { Thresholds } from "../report/nagios-status.ts";
import { parseRange } from "../report/range.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
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
