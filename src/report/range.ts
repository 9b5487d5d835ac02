import { cannotRead } from "../text/errors.ts";

/** A threshold: an alert is due for a duration outside from start to end, or inside where it is inverted. */
export interface Range {
  /** As it was given: performance data have it so. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly alertsInside: boolean;
}

const SECONDS = String.raw`\d+(?:\.\d*)?|\.\d+`;
const SHAPE = new RegExp(`^(@)?(?:(~|${SECONDS}):)?(${SECONDS})?$`);

/**
 * Reads a range of seconds in the Monitoring Plugins' syntax (Development Guidelines, "Threshold and Ranges"): `10`,
 * `10:`, `~:10`, `10:20`, `@10:20`.
 * @throws {UsageError} when it is none, or ends before it starts.
 */
export function parseRange(text: string): Range {
  const [whole, at, start = "0", end] = SHAPE.exec(text) ?? [];
  const [startMs, endMs] = [start === "~" ? -Infinity : Number(start) * 1000, Number(end ?? Infinity) * 1000];
  const isEmpty = whole === undefined || whole === "" || whole === "@";
  if (!isEmpty && startMs <= endMs) return { text, startMs, endMs, alertsInside: at !== undefined };
  const wrong = isEmpty ? undefined : "it ends before it starts";
  throw cannotRead(text, "a threshold", "seconds, such as 2.5, or a range, such as 1:5 or @1:5", wrong);
}

/** Whether an alert is due for a duration in milliseconds; the ends belong to a range. */
export function isAlert({ startMs, endMs, alertsInside }: Range, durationMs: number): boolean {
  return (durationMs >= startMs && durationMs <= endMs) === alertsInside;
}
