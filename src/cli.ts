import { version } from "../package.json";
import { type Arguments, readArguments } from "./arguments.ts";
import { check } from "./check.ts";
import { type CheckOptions, DEFAULT_TIMEOUT_MS, SMTP_PORT } from "./check-options.ts";
import { cleanText } from "./clean-text.ts";
import { MAX_TIMEOUT_MS } from "./deadline.ts";
import type { OptionName } from "./options.ts";
import { availabilityOf, type ServerReport } from "./outcome.ts";
import { explain, renderServer } from "./report/explain.ts";
import type { Report } from "./run.ts";
import { StopHostError } from "./stop-hosts.ts";
import { parsePort } from "./target.ts";
import { writeError } from "./terminal.ts";
import { cannotRead, UsageError } from "./usage-error.ts";
import type { Availability } from "./verdict.ts";

/** The exit statuses of smtpdcheck(1): a server being available is a failure, for then its secondary must not accept mail. */
export const EXIT_STATUS: Readonly<Record<Availability, 0 | 1 | 2>> = {
  unavailable: 0,
  available: 1,
  undetermined: 2,
};
const EXIT_ERROR = 2;

const COLOURS = { available: 32, unavailable: 31, undetermined: 33, skipped: 90 } as const;
const ERROR_COLOUR = 31;

/** Runs the command: arguments in, exit status out. Whatever goes wrong comes out as 2, never as 1: that means "available". */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { options, operands } = readArguments(argv);
    if (options.has("help")) return await print(await (await import("./help.ts")).renderHelp(), 0);
    if (options.has("version")) return await print(`smtpdcheck ${version}\n`, 0);
    const report = await check(operands, readOptions(options));
    if (report.verdict === "undetermined") complain(explainUndetermined(report));
    const status = EXIT_STATUS[report.verdict];
    return report.server === null ? status : await print(`${report.server.server}\n`, status);
  } catch (error) {
    complain(messageOf(error));
    return EXIT_ERROR;
  }
}

/** Ends the process with an error, and not with Bun's own exit status of 1, when something escapes {@link main}. */
export function guardExitStatus(): void {
  const fail = (error: unknown) => {
    complain(messageOf(error));
    process.exit(EXIT_ERROR);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
}

function readOptions(options: Arguments["options"]): CheckOptions {
  const last = (name: OptionName) => options.get(name)?.at(-1);
  if (options.has("ipv4") && options.has("ipv6"))
    throw new UsageError("Cannot use -4 and -6 together: want one of them");
  const family = options.has("ipv4") ? 4 : options.has("ipv6") ? 6 : undefined;
  return {
    stop: options.get("stop") ?? [],
    stopSelf: options.has("stop-self"),
    timeoutMs: readTimeoutMs(last("timeout")),
    port: readPort(last("port")),
    ...(family === undefined ? {} : { family }),
    order: options.has("fastest") ? "arrival" : "list",
    ...(options.has("verbose") ? { onSettled: tell } : {}),
  };
}

function readPort(text: string | undefined): number {
  return text === undefined ? SMTP_PORT : parsePort(text);
}

function readTimeoutMs(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  const timeoutMs = Number(text) * 1000;
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(text) || timeoutMs > MAX_TIMEOUT_MS) {
    throw cannotRead(text, "a timeout", "seconds, such as 2.5");
  }
  return timeoutMs;
}

async function print(text: string, status: number): Promise<number> {
  try {
    await Bun.write(Bun.stdout, text);
    return status;
  } catch (error) {
    throw new UsageError(`Cannot write to standard output: ${messageOf(error)}`);
  }
}

function tell(report: ServerReport): void {
  writeError(renderServer(report), COLOURS[availabilityOf(report.outcome)]);
}

function complain(message: string): void {
  writeError(`smtpdcheck: ${cleanText(message)}`, ERROR_COLOUR);
}

function explainUndetermined({ servers }: Report): string {
  const failed = servers.filter(({ outcome }) => outcome.kind === "no-resources");
  const which = failed.map((report) => `${report.target.server}: ${explain(report)}`);
  const others = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
  return `Cannot tell whether a server is available: ${which[0]}${others}`;
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof StopHostError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
