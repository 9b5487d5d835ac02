import { DecisionLog } from "../guard/decision-log.ts";
import { FilterSession } from "../guard/filter-session.ts";
import { LET_IN } from "../guard/question.ts";
import type { OpenSession } from "../guard/session.ts";
import { complain, messageOf } from "./complaints.ts";
import { checkGuard, readGuardCommand } from "./guard-command.ts";
import { renderGuardHelp } from "./guard-help.ts";
import { FILTER_OPTIONS } from "./guard-options.ts";
import { ignoreEarlyReload, runGuard } from "./guard-run.ts";
import { standardErrorLines } from "./log-output.ts";
import { print } from "./print.ts";
import { speakOnStandardStreams } from "./standard-session.ts";
import { standard } from "./standard-streams.ts";

const STANDARD_INPUT = 0;
const EXIT_ERROR = 2;

const OPEN: OpenSession = (io) => new FilterSession(io);

/**
 * `smtpdcheck filter`: a filter of OpenSMTPD, which writes its standard error to the log; until its input ends. A filter
 * that ends takes the mail server with it: one that cannot be started lets everything in, and says why. The exit status.
 */
export async function filter(argv: readonly string[], version: string): Promise<number> {
  ignoreEarlyReload();
  try {
    return await filterAsAsked(argv, version);
  } catch (error) {
    if (argv.includes("--check-config") || standard.isTerminal(STANDARD_INPUT)) throw error;
    complain(`${messageOf(error)}; everything is let in`);
    const log = new DecisionLog({ level: "error", format: "logfmt", write() {} });
    await speakOnStandardStreams(OPEN, { decide: (_, decided) => decided(LET_IN), log }, "by-input");
    return EXIT_ERROR;
  }
}

async function filterAsAsked(argv: readonly string[], version: string): Promise<number> {
  const command = readGuardCommand(argv, FILTER_OPTIONS);
  if (command.wants === "help") return print(await renderGuardHelp("filter", version), 0);
  await checkGuard(command.settings, false);
  if (command.wants === "check") return print("The configuration is all right.\n", 0);
  return runGuard(command.settings, command.reread, standardErrorLines(), (brain, log) =>
    speakOnStandardStreams(OPEN, { decide: brain.decide, log }, "by-input"),
  );
}
