import type { Report } from "../check/report.ts";
import { type ServerReport, type Status, statusOf } from "../probe/outcome.ts";
import { cleanText } from "../text/clean-text.ts";
import { clip } from "./clip.ts";
import { explain, renderVerdict } from "./explain.ts";
import { renderPerfdata, type Thresholds } from "./perfdata.ts";
import { renderTarget } from "./render-target.ts";
import { tally } from "./tally.ts";

/** Exit statuses of the Monitoring Plugins: OK, WARNING, CRITICAL, UNKNOWN. */
type NagiosStatus = 0 | 1 | 2 | 3;

/** What a monitoring plugin prints and exits with. */
export interface NagiosReport {
  /** The status line with its performance data, then a line a server; the last line's end included. */
  readonly text: string;
  readonly status: NagiosStatus;
}

const NAMES: Readonly<Record<NagiosStatus, string>> = { 0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN" };
/** Widest explanation on the status line, which goes into notifications; the line of the server has it whole. */
const MAX_REASON_COLUMNS = 80;

/**
 * The report in the form of a monitoring plugin: OK when every server that counts is available; WARNING when some are
 * or one is slow; CRITICAL when none is or one is very slow; UNKNOWN when this machine leaves it open.
 */
export function renderNagios(report: Report, thresholds: Thresholds, nowMs: number): NagiosReport {
  const counting = report.servers.filter(({ outcome }) => outcome.kind !== "skipped");
  const status = judge(counting, thresholds);
  const perfdata = renderPerfdata(counting, thresholds);
  const first = statusLine(status, headline(report, counting, thresholds));
  const lines = report.servers.map((server) =>
    escaped(`${renderTarget(server.target)}: ${renderVerdict(server, nowMs)}`),
  );
  return { text: `${[perfdata === "" ? first : `${first} | ${perfdata}`, ...lines].join("\n")}\n`, status };
}

/** The status line for an error: nothing is known of the servers. */
export function renderNagiosUnknown(message: string): string {
  return `${statusLine(3, cleanText(message))}\n`;
}

function judge(counting: readonly ServerReport[], { warningMs, criticalMs }: Thresholds): NagiosStatus {
  const { available, unavailable, undetermined } = tally(counting);
  if (available === 0) return undetermined > 0 ? 3 : 2;
  if (slowerThan(criticalMs, counting).length > 0) return 2;
  if (unavailable > 0 || slowerThan(warningMs, counting).length > 0) return 1;
  return undetermined > 0 ? 3 : 0;
}

function slowerThan(thresholdMs: number | undefined, servers: readonly ServerReport[]) {
  return servers.filter(
    ({ outcome, elapsedMs }) => outcome.kind === "greeted" && (elapsedMs ?? 0) > (thresholdMs ?? Infinity),
  );
}

function headline({ server }: Report, counting: readonly ServerReport[], thresholds: Thresholds): string {
  if (counting.length === 0) return "no server counts";
  const { available, unavailable, undetermined } = tally(counting);
  const { warningMs = Infinity, criticalMs = Infinity } = thresholds;
  const slow = slowerThan(Math.min(warningMs, criticalMs), counting).map(
    ({ target, elapsedMs }) => `${renderTarget(target)} (${((elapsedMs ?? 0) / 1000).toFixed(3)} s)`,
  );
  const isOnlyOne = unavailable + undetermined === 1;
  return [
    `${available} of ${counting.length} available${server === null ? "" : `, use ${renderTarget(server)}`}`,
    ...listed("unavailable", namesOf("unavailable", counting, isOnlyOne)),
    ...listed("undetermined", namesOf("undetermined", counting, isOnlyOne)),
    ...listed("slow", slow),
  ].join("; ");
}

function namesOf(status: Status, servers: readonly ServerReport[], withReason: boolean): readonly string[] {
  return servers
    .filter(({ outcome }) => statusOf(outcome) === status)
    .map((server) => {
      const name = renderTarget(server.target);
      return withReason ? `${name} (${clip(explain(server), MAX_REASON_COLUMNS)})` : name;
    });
}

function listed(what: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${what}: ${names.join(", ")}`];
}

function statusLine(status: NagiosStatus, text: string): string {
  return escaped(`SMTPDCHECK ${NAMES[status]} - ${text}`);
}

/**
 * Clean text without what a monitor takes for its own: `|` begins performance data, and `\n`, even as these two
 * characters, is a line end once a result has been forwarded as a passive check.
 */
function escaped(text: string): string {
  return text.replaceAll("|", "\\x7c").replaceAll("\\n", "\\x0a");
}
