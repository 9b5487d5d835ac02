import type { ServerReport } from "../probe/outcome.ts";
import { cannotRead } from "../text/errors.ts";
import { validity } from "../tls/facts.ts";

/** How much time a certificate must have left, in days or as a share of its own life: with less, an alert is due. */
export interface CertLeft {
  readonly isShare: boolean;
  readonly warning: number;
  /** Left out for no critical alert. */
  readonly critical?: number;
}

const DAY_MS = 86_400_000;

/**
 * Reads `WARN[,CRIT]`, both in days (`14,7`) or both as a share of the certificate's life (`33%,15%`).
 * @throws {UsageError} when it is none, or CRIT is more than WARN.
 */
export function parseCertLeft(text: string): CertLeft {
  const [, first, second] = /^(\d{1,5}(?:\.\d+)?%?)(?:,(\d{1,5}(?:\.\d+)?%?))?$/.exec(text) ?? [];
  const isShare = first?.endsWith("%") === true;
  const isMixed = second !== undefined && second.endsWith("%") !== isShare;
  const [warning, critical] = [first, second].map((part) => limitOf(part, isShare));
  const isInOrder = critical === undefined || (warning !== undefined && critical <= warning);
  if (warning !== undefined && !isMixed && isInOrder && (!isShare || warning <= 1)) {
    return { isShare, warning, ...(critical === undefined ? {} : { critical }) };
  }
  const wrong = isMixed ? "days and a share together" : isInOrder ? undefined : "CRIT is more than WARN";
  throw cannotRead(text, "--cert-left", "WARN[,CRIT] in days or percent, such as 14,7 or 33%,15%", wrong);
}

function limitOf(part: string | undefined, isShare: boolean): number | undefined {
  return part === undefined ? undefined : Number(part.replace("%", "")) / (isShare ? 100 : 1);
}

/** What a server's certificate has left, with the limits in days; undefined where none was seen. */
export function certificateLeft({ dialogue }: ServerReport, limits: CertLeft | undefined, nowMs: number) {
  const [certificate] = dialogue?.tls?.chain ?? [];
  if (certificate === undefined || !Number.isFinite(certificate.notAfterMs)) return undefined;
  const lifeDays = (certificate.notAfterMs - certificate.notBeforeMs) / DAY_MS;
  const inDays = (limit: number | undefined) =>
    limit !== undefined && limits?.isShare ? limit * lifeDays : limit;
  return {
    days: validity(certificate, nowMs).daysLeft,
    warningDays: inDays(limits?.warning),
    criticalDays: inDays(limits?.critical),
  };
}
