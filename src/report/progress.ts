/** How far a check is. */
export interface Progress {
  /** How many servers there are; null before that is known. */
  readonly total: number | null;
  readonly settled: number;
  readonly available: number;
  readonly elapsedMs: number;
  /** How long it may take altogether; may be infinite. */
  readonly limitMs: number;
}

/** How far a check is, in one line: `1,200 of 100,000 settled, 7 available, 600 a second, 165 s left`. */
export function describeProgress({ total, settled, available, elapsedMs, limitMs }: Progress): string {
  if (total === null) return "looking up the mail exchangers";
  const perSecond = settled / (elapsedMs / 1_000);
  const done = `${grouped(settled)} of ${grouped(total)} settled, ${grouped(available)} available`;
  if (settled === 0) return done;
  const leftS = Math.ceil(Math.min((total - settled) / perSecond, Math.max(0, limitMs - elapsedMs) / 1_000));
  return `${done}, ${perSecond < 10 ? perSecond.toFixed(1) : grouped(Math.round(perSecond))} a second, ${grouped(leftS)} s left`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}
