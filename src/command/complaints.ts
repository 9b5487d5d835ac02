import type { Report } from "../check/report.ts";
import { type ServerReport, type Status, statusOf } from "../probe/outcome.ts";
import { explain, renderServer } from "../report/explain.ts";
import { renderTarget } from "../report/render-target.ts";
import { cleanText } from "../text/clean-text.ts";
import { ToldError } from "../text/errors.ts";
import type { Command } from "./command.ts";
import { type Colour, writeError } from "./terminal.ts";

/** The colour of what is said of a server. */
export const COLOURS: Readonly<Record<Status, Colour>> = {
  available: 32,
  unavailable: 31,
  undetermined: 33,
  skipped: 90,
};
const ERROR_COLOUR = 31;

/** A requirement that is not met names the servers that failed it; the classic one is met by just that. */
export function explainFailure(report: Report, { isVerbose, options: { port } }: Command): void {
  const { met, requirement, servers } = report;
  if (met === null) complain(explainUndetermined(report, port));
  if (met !== false || requirement === "none") return;
  const [skipped] = servers;
  if (skipped !== undefined && servers.every(({ outcome }) => outcome.kind === "skipped")) {
    complain(`No server counts: ${renderTarget(skipped.target, port)}: ${explain(skipped)}`);
  }
  if (isVerbose) return;
  for (const server of servers) {
    if (statusOf(server.outcome) === "unavailable") complain(renderServer(server, Date.now(), port));
  }
}

function explainUndetermined({ requirement, servers }: Report, port: number | undefined): string {
  const failed = servers.filter(({ outcome }) => statusOf(outcome) === "undetermined");
  const [first = ""] = failed.map((server) => `${renderTarget(server.target, port)}: ${explain(server)}`);
  const others = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
  const question = requirement === "all" ? "every server is" : "a server is";
  return `Cannot tell whether ${question} available: ${first}${others}`;
}

/** Tells of one settled server, with its port unless it is the usual one. */
export function tell(report: ServerReport, port: number | undefined): void {
  writeError(renderServer(report, Date.now(), port), COLOURS[statusOf(report.outcome)]);
}

/** A stop host that does not stand in the list leaves nothing out, which may be a mistake. */
export function tellMissingStop(
  { servers }: Report,
  listed: number,
  { options: { stop = [] } }: Command,
): void {
  const isKnown = servers.length === listed;
  const isThere = servers.some(({ outcome }) => outcome.kind === "skipped" && outcome.why !== "null-mx");
  if (stop.length === 0 || !isKnown || isThere) return;
  writeError(
    `smtpdcheck: not in the list: --stop ${stop.map(cleanText).join(", ")}; every server counts`,
    COLOURS.skipped,
  );
}

/** Writes one line that says what went wrong. */
export function complain(message: string): void {
  writeError(`smtpdcheck: ${cleanText(message)}`, ERROR_COLOUR);
}

/** Our own errors say all there is to say; of a foreign one its kind helps to find where it came from. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof ToldError ? error.message : `${error.name}: ${error.message}`;
}
