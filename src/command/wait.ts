import { ask } from "../check/ask.ts";
import * as further from "../check/further.ts";
import type { CheckOptions } from "../check/options.ts";
import type { Report } from "../check/report.ts";
import { checkUntilMet, type Round } from "../check/rounds.ts";
import { clip } from "../report/clip.ts";
import { renderNagios } from "../report/nagios.ts";
import { describeRound } from "../report/round.ts";
import type { Command } from "./command.ts";
import { canRewrite, rewriteStatus, terminalWidth, wipeOnInterrupt, writeError } from "./terminal.ts";
import type { Waiting } from "./values.ts";

const STATUS_COLOUR = 33;

/**
 * Checks until all is as it is waited for or the time is over, and tells on standard error what is waited for: on a
 * terminal in one line that is rewritten, elsewhere in a line a change.
 */
export async function waitUntilMet(
  servers: readonly string[],
  options: CheckOptions,
  { waitMs: wantedMs, intervalMs }: Waiting,
  command: Pick<Command, "format" | "thresholds">,
): Promise<Report> {
  const waitMs = options.deadlineMs ? Math.min(wantedMs, options.deadlineMs) : wantedMs;
  const isRewritten = canRewrite();
  const describe = (round: Round) => describeRound(round, options.port);
  const show = isRewritten ? rewrite(waitMs, describe) : tellChanges(describe);
  const round = (leftMs: number) =>
    ask(
      servers,
      { ...options, ...(waitMs > 0 ? { deadlineMs: Math.max(1, leftMs) } : {}) },
      async () => further,
    );
  const takeBack = isRewritten ? wipeOnInterrupt() : () => {};
  try {
    return await checkUntilMet({
      check: round,
      isMet: isAsWaitedFor(command),
      waitMs,
      intervalMs,
      onRound: show,
    });
  } finally {
    takeBack();
    if (isRewritten) rewriteStatus("");
  }
}

/** What is waited for: that the requirement is met, or OK for a monitor. */
function isAsWaitedFor({ format, thresholds }: Pick<Command, "format" | "thresholds">) {
  return async (report: Report): Promise<boolean> =>
    format === "nagios" ? renderNagios(report, thresholds, Date.now()).status === 0 : report.met === true;
}

type Describe = (round: Round) => string;

function tellChanges(describe: Describe): (round: Round) => void {
  let last: string | undefined;
  return (round) => {
    const line = describe(round);
    if (line !== last) writeError(`smtpdcheck: waiting: ${line}`, STATUS_COLOUR);
    last = line;
  };
}

function rewrite(waitMs: number, describe: Describe): (round: Round) => void {
  const startedAtMs = performance.now();
  const columns = terminalWidth(2);
  return (round) => {
    const spent = Math.round((performance.now() - startedAtMs) / 1000);
    rewriteStatus(clip(`waiting, ${spent} of ${waitMs / 1000} s: ${describe(round)}`, columns - 1));
  };
}
