import { check } from "../check/check.ts";
import { type CheckOptions, limitMs } from "../check/options.ts";
import type { Report } from "../check/report.ts";
import { checkUntilMet, type Round } from "../check/rounds.ts";
import { clip } from "../report/clip.ts";
import { describeRound } from "../report/round.ts";
import { isTerminal, rewriteStatus, terminalColumns, writeError } from "./terminal.ts";

const STATUS_COLOUR = 33;
/** For a terminal that tells no width. */
const USUAL_COLUMNS = 80;

/**
 * Checks until the requirement is met or the time is over, and tells on standard error what is waited for: on a
 * terminal in one line that is rewritten, elsewhere in a line a change.
 */
export async function waitUntilMet(
  servers: readonly string[],
  options: CheckOptions,
  waitMs: number,
): Promise<Report> {
  const isRewritten = isTerminal(2);
  const show = isRewritten ? rewrite(waitMs, terminalColumns(2) || USUAL_COLUMNS) : tellChanges();
  const round = (leftMs: number) =>
    check(servers, { ...options, timeoutMs: Math.max(1, Math.min(limitMs(options), leftMs)) });
  try {
    return await checkUntilMet(round, waitMs, show);
  } finally {
    if (isRewritten) rewriteStatus("");
  }
}

function tellChanges(): (round: Round) => void {
  let last: string | undefined;
  return (round) => {
    const line = describeRound(round);
    if (line !== last) writeError(`smtpdcheck: waiting: ${line}`, STATUS_COLOUR);
    last = line;
  };
}

function rewrite(waitMs: number, columns: number): (round: Round) => void {
  const startedAtMs = performance.now();
  return (round) => {
    const spent = Math.round((performance.now() - startedAtMs) / 1000);
    rewriteStatus(clip(`waiting, ${spent} of ${waitMs / 1000} s: ${describeRound(round)}`, columns - 1));
  };
}
