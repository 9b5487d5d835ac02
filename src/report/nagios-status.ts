import { isSuccess, type ServerReport, statusOf } from "../probe/outcome.ts";
import { type CertLeft, certificateLeft } from "./cert-left.ts";
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
  /** The time that certificates must have left. */
  readonly certLeft?: CertLeft | undefined;
}

/** From harmless to worst. */
const SEVERITY: readonly NagiosStatus[] = [0, 3, 1, 2];

/**
 * The status by the servers that count, the worse of two: by how many are available, UNKNOWN where that hangs on
 * servers that could not be judged; and by their times. Where no server counts it is UNKNOWN.
 */
export function judge(
  counting: readonly ServerReport[],
  thresholds: Thresholds,
  nowMs: number,
): NagiosStatus {
  if (counting.length === 0) return 3;
  const minimum = thresholds.minimum ?? { warning: counting.length, critical: 1 };
  const available = counting.filter(({ outcome }) => statusOf(outcome) === "available").length;
  const open = counting.filter(({ outcome }) => statusOf(outcome) === "undetermined").length;
  const [atWorst, atBest] = [byCount(available, minimum), byCount(available + open, minimum)];
  const byTime = SEVERITY.findLast((status) => alarming(status, thresholds, counting).length > 0) ?? 0;
  const byCertificate =
    SEVERITY.findLast((status) => expiring(status, thresholds, counting, nowMs).length > 0) ?? 0;
  const all = [atWorst === atBest ? atWorst : 3, byTime, byCertificate];
  return SEVERITY.findLast((status) => all.includes(status)) ?? 3;
}

/** The servers whose certificates give a monitor a reason for this status; one that was not shown gives none. */
export function expiring(
  status: NagiosStatus,
  { certLeft }: Thresholds,
  counting: readonly ServerReport[],
  nowMs: number,
): readonly ServerReport[] {
  if (certLeft === undefined) return [];
  return counting.filter((server) => {
    const left = certificateLeft(server, certLeft, nowMs);
    const limit = status === 1 ? left?.warningDays : status === 2 ? left?.criticalDays : undefined;
    return left !== undefined && limit !== undefined && left.days < limit;
  });
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
    ({ outcome, elapsedMs }) => isSuccess(outcome) && elapsedMs !== null && isAlert(range, elapsedMs),
  );
}

function byCount(available: number, { warning, critical }: Minimum): NagiosStatus {
  if (available < critical) return 2;
  return available < warning ? 1 : 0;
}
