import { type ServerReport, statusOf } from "../probe/outcome.ts";
import type { Minimum } from "./minimum.ts";
import { isAlert, type Range } from "./range.ts";

/** Exit statuses of the Monitoring Plugins: OK, WARNING, CRITICAL, UNKNOWN. */
export type NagiosStatus = 0 | 1 | 2 | 3;

/** When a monitor is to be alarmed, beside the usual: a time outside a range, or fewer available servers than a minimum. */
export interface Thresholds {
  readonly warning?: Range | undefined;
  readonly critical?: Range | undefined;
  /** Without one, every server that counts must be available for OK, and one for WARNING. */
  readonly minimum?: Minimum | undefined;
}

/** From harmless to worst. */
const SEVERITY: readonly NagiosStatus[] = [0, 3, 1, 2];

/**
 * The status by the servers that count, the worse of two: by how many are available, UNKNOWN where that hangs on
 * servers that could not be judged; and by their times. Where no server counts it is UNKNOWN.
 */
export function judge(counting: readonly ServerReport[], thresholds: Thresholds): NagiosStatus {
  if (counting.length === 0) return 3;
  const minimum = thresholds.minimum ?? { warning: counting.length, critical: 1 };
  const available = counting.filter(({ outcome }) => statusOf(outcome) === "available").length;
  const open = counting.filter(({ outcome }) => statusOf(outcome) === "undetermined").length;
  const [atWorst, atBest] = [byCount(available, minimum), byCount(available + open, minimum)];
  const byTime = SEVERITY.findLast((status) => alarming(status, thresholds, counting).length > 0) ?? 0;
  const both = [atWorst === atBest ? atWorst : 3, byTime];
  return SEVERITY.findLast((status) => both.includes(status)) ?? 3;
}

/** The available servers whose time gives a monitor a reason for this status. */
export function alarming(
  status: NagiosStatus,
  { warning, critical }: Thresholds,
  counting: readonly ServerReport[],
): readonly ServerReport[] {
  const range = status === 1 ? warning : status === 2 ? critical : undefined;
  if (range === undefined) return [];
  return counting.filter(
    ({ outcome, elapsedMs }) => outcome.kind === "greeted" && elapsedMs !== null && isAlert(range, elapsedMs),
  );
}

function byCount(available: number, { warning, critical }: Minimum): NagiosStatus {
  if (available < critical) return 2;
  return available < warning ? 1 : 0;
}
