import { version } from "../../package.json";
import type { Cache } from "../cache/cache.ts";
import { ask } from "../check/ask.ts";
import type { Load } from "../check/load.ts";
import type { CheckOptions } from "../check/options.ts";
import type { Report } from "../check/report.ts";
import { systemResolver } from "../names/system.ts";
import { allowUncancellable } from "../net/connection.ts";
import { areLeaving, leavesTaken } from "../smtp/farewell.ts";
import { UsageError } from "../text/errors.ts";
import { type Command, formatOf, readCommand } from "./command.ts";
import { COLOURS, complain, explainFailure, messageOf, tell, tellMissingStop } from "./complaints.ts";
import { OutputError, print } from "./print.ts";
import { standard } from "./standard-streams.ts";
import { subCommandOf } from "./sub-command.ts";
import { canRewrite, paint, terminalColumns, writeWarning } from "./terminal.ts";

const EXIT_ERROR = 2;
const EXIT_UNKNOWN = 3;

const WARNING_COLOUR = 33;

const onDemand = () => import("./on-demand.ts");
const further: Load = async () => (await onDemand()).further;

/** Runs the command: arguments in, exit status out. Whatever goes wrong comes out as 2 (3 for a monitor), never as 1. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const subCommand = subCommandOf(argv);
    if (subCommand !== undefined) {
      return await (await onDemand()).runSubCommand(subCommand, argv.slice(1), version);
    }
    const command = readCommand(argv, process.env);
    switch (command.wants) {
      case "help": {
        const { HELP_PAGE, renderHelp } = await onDemand();
        return await print(await renderHelp(HELP_PAGE, version, terminalColumns(1)), 0);
      }
      case "version":
        return await print(`smtpdcheck ${version}\n`, 0);
      case "cache":
        return await print(await (await onDemand()).runCacheCommand(command), 0);
      case "check": {
        const whole = command.dialogue === null ? command : await (await onDemand()).withDialogue(command);
        return await answer(await checkAsAsked(whole), whole);
      }
    }
  } catch (error) {
    return await fail(error, argv);
  } finally {
    await standard.taken();
    await takeLeave();
  }
}

/** Servers that are behind the one that decides may greet and hear QUIT; the reader of the answer need not wait for them. */
async function takeLeave(): Promise<void> {
  if (!areLeaving()) return;
  await standard.closeOutput();
  await leavesTaken();
}

/** Ends the process with an error, and not with Bun's own exit status of 1, when something escapes {@link main}. */
export function guardExitStatus(argv: readonly string[]): void {
  const end = (error: unknown) => {
    fail(error, argv).then(process.exit, () => process.exit(EXIT_ERROR));
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}

async function checkAsAsked(command: Command): Promise<Report> {
  const { mx = [], port } = command.options;
  if (command.operands.length + command.serversFrom.length + mx.length === 0) {
    throw new UsageError(
      "No server given: want at least one, such as 10:mx1.example.org (--help lists options)",
    );
  }
  let listed = 0;
  const telling: CheckOptions = {
    onListed(count) {
      listed = count;
    },
    onSettled: (server) => tell(server, port),
  };
  const options: CheckOptions = {
    ...command.options,
    ...(command.options.dns?.length ? {} : { resolver: systemResolver }),
    ...(command.isVerbose ? telling : {}),
  };
  const cache = await cacheOf(command);
  const servers = await serversOf(command);
  if (command.waiting !== null) {
    const { waitUntilMet } = await onDemand();
    return waitUntilMet(servers, options, command.waiting, command);
  }
  allowUncancellable(1);
  const askAll = (asked: CheckOptions) =>
    ask(servers, cache === undefined ? asked : { ...asked, cache }, further);
  const report = await (canRewrite() ? (await onDemand()).withProgress(options, askAll) : askAll(options));
  if (command.isVerbose) await tellMore(report, listed, command);
  return report;
}

/** What -v has to say at the end. */
async function tellMore(report: Report, listed: number, command: Command): Promise<void> {
  tellMissingStop(report, listed, command);
  if (command.dialogue === null || command.format === "table") return;
  const { renderAdvice } = await onDemand();
  for (const line of renderAdvice(report.servers, command.options.port)) writeWarning(line, WARNING_COLOUR);
}

/** The servers named, and those of files behind them. */
async function serversOf({ operands, serversFrom }: Command): Promise<readonly string[]> {
  if (serversFrom.length === 0) return operands;
  return [...operands, ...(await (await onDemand()).readServersFrom(serversFrom))];
}

async function cacheOf({ cache }: Command): Promise<Cache | undefined> {
  if (cache === null) return undefined;
  return (await onDemand()).openCache(cache.location, {
    ...cache,
    warn: (message) => writeWarning(`smtpdcheck: ${message}`, WARNING_COLOUR),
  });
}

/** Prints the report; the exit status is that of its format, else whether the requirement is met. */
async function answer(report: Report, command: Command): Promise<number> {
  const status = report.met === null ? EXIT_ERROR : report.met ? 0 : 1;
  switch (command.format) {
    case "text":
      explainFailure(report, command);
      return report.server === null || (report.requirement === "all" && !report.met)
        ? status
        : print(`${report.server.server}\n`, status);
    case "table":
      return print(await drawTable(report, command), status);
    case "json":
      return print((await onDemand()).renderJson(report, Date.now()), status);
    case "nagios": {
      const { text, status } = (await onDemand()).renderNagios(report, command.thresholds, Date.now());
      return print(text, status);
    }
  }
}

async function drawTable(report: Report, { isRequirementGiven }: Command): Promise<string> {
  const options = { nowMs: Date.now(), columns: terminalColumns(1), isRequirementGiven };
  return (await onDemand()).renderTable(report, {
    ...options,
    paint: (text, status) => paint(text, COLOURS[status], 1),
  });
}

async function fail(error: unknown, argv: readonly string[]): Promise<number> {
  const format = formatOf(argv);
  const status = format === "nagios" ? EXIT_UNKNOWN : EXIT_ERROR;
  const isUnwritable = error instanceof OutputError;
  if (format !== "nagios" || isUnwritable) complain(messageOf(error));
  if (isUnwritable || format === "text" || format === "table") return status;
  const { renderFailure, renderNagiosUnknown } = await onDemand();
  const text = format === "json" ? renderFailure(error) : renderNagiosUnknown(messageOf(error));
  return print(text, status).catch((failure) => fail(failure, argv));
}
