import { cannotRead } from "../text/errors.ts";

/** With fewer available servers than these, a warning or a critical alert is due. */
export interface Minimum {
  readonly warning: number;
  readonly critical: number;
}

/**
 * Reads `WARN[,CRIT]`; without the second, one server must be available, or none when WARN is 0.
 * @throws {UsageError} when it is none, or more are asked for to be no longer critical than for OK.
 */
export function parseMinimum(text: string): Minimum {
  const [, first, second] = /^(\d{1,9})(?:,(\d{1,9}))?$/.exec(text) ?? [];
  const warning = Number(first);
  const critical = second === undefined ? Math.min(1, warning) : Number(second);
  if (first !== undefined && critical <= warning) return { warning, critical };
  const wrong = first === undefined ? undefined : "CRIT is larger than WARN";
  throw cannotRead(text, "--min-available", "WARN[,CRIT], such as 2 or 3,1", wrong);
}
