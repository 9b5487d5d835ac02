import { HEAD_START_MS } from "../check/head-start.ts";
import { type CheckOptions, limitMs } from "../check/options.ts";
import type { Report } from "../check/report.ts";
import { MAX_CONNECTIONS } from "../limits/places.ts";
import { statusOf } from "../probe/outcome.ts";
import { clip } from "../report/clip.ts";
import { describeProgress } from "../report/progress.ts";
import { rewriteStatus, terminalWidth, wipeOnInterrupt } from "./terminal.ts";

/** Nothing is shown of a check that is over sooner. */
const SHOWN_AFTER_MS = 1_000;
const SHOWN_EVERY_MS = 200;

/** Asks, and shows how far it is on standard error, a terminal, in one line that is rewritten and gone at the end. */
export async function withProgress(
  options: CheckOptions,
  ask: (options: CheckOptions) => Promise<Report>,
): Promise<Report> {
  const startedAtMs = performance.now();
  let [total, settled, available]: [number | null, number, number] = [null, 0, 0];
  const show = () => {
    const elapsedMs = performance.now() - startedAtMs;
    if (elapsedMs < SHOWN_AFTER_MS) return;
    rewriteStatus(
      clip(
        describeProgress({ total, settled, available, elapsedMs, limitMs: limitOf(options, total) }),
        terminalWidth(2) - 1,
      ),
    );
  };
  const timer = setInterval(show, SHOWN_EVERY_MS);
  const takeBack = wipeOnInterrupt();
  try {
    return await ask({
      ...options,
      onListed(count) {
        total = count;
        options.onListed?.(count);
      },
      onSettled(report) {
        settled += 1;
        if (statusOf(report.outcome) === "available") available += 1;
        options.onSettled?.(report);
      },
    });
  } finally {
    clearInterval(timer);
    takeBack();
    if (performance.now() - startedAtMs >= SHOWN_AFTER_MS) rewriteStatus("");
  }
}

/** Servers that are all under way at once take no longer than one. */
function limitOf({ deadlineMs, ...options }: CheckOptions, total: number | null): number {
  const forAll = deadlineMs || Number.POSITIVE_INFINITY;
  return total !== null && total <= MAX_CONNECTIONS
    ? Math.min(forAll, HEAD_START_MS + limitMs(options))
    : forAll;
}
