import type { Report } from "../check/report.ts";
import { type ServerReport, type Status, statusOf } from "../probe/outcome.ts";
import { cleanText } from "../text/clean-text.ts";
import { certificateLeft } from "./cert-left.ts";
import { clip } from "./clip.ts";
import { explain, renderVerdict } from "./explain.ts";
import { alarming, expiring, judge, type NagiosStatus, type Thresholds } from "./nagios-status.ts";
import { renderPerfdata } from "./perfdata.ts";
import { renderTarget } from "./render-target.ts";
import { tally } from "./tally.ts";

/** What a monitoring plugin prints and exits with. */
export interface NagiosReport {
  /** The status line with its performance data, then a line a server; the last line's end included. */
  readonly text: string;
  readonly status: NagiosStatus;
}

const NAMES: Readonly<Record<NagiosStatus, string>> = { 0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN" };
/** Widest explanation on the status line, which goes into notifications. */
const MAX_REASON_COLUMNS = 80;
/** Widest reply on the line of its server: a monitor keeps the whole output, and Nagios no more than 8 KB of it. */
const MAX_REPLY_COLUMNS = 120;
const CODE_COLUMNS = "220 ".length;

/**
 * The report in the form of a monitoring plugin. Unless a minimum is set: OK when every server that counts is
 * available; WARNING when some are or one is slow; CRITICAL when none is or one is very slow; UNKNOWN when none counts
 * or this machine leaves it open.
 */
export function renderNagios(report: Report, thresholds: Thresholds, nowMs: number): NagiosReport {
  const counting = report.servers.filter(({ outcome }) => outcome.kind !== "skipped");
  const status = judge(counting, thresholds, nowMs);
  const perfdata = renderPerfdata(counting, thresholds, report.quitAfter, nowMs);
  const first = statusLine(status, headline(report, counting, thresholds, nowMs));
  const lines = report.servers.map((server) =>
    escaped(`${renderTarget(server.target)}: ${renderVerdict(withShortReply(server), nowMs)}`),
  );
  return { text: `${[perfdata === "" ? first : `${first} | ${perfdata}`, ...lines].join("\n")}\n`, status };
}

function withShortReply(server: ServerReport): ServerReport {
  const { outcome } = server;
  if ("reply" in outcome && outcome.reply !== null) {
    const text = clip(cleanText(outcome.reply.lines.join(" ")), MAX_REPLY_COLUMNS - CODE_COLUMNS);
    return { ...server, outcome: { ...outcome, reply: { ...outcome.reply, lines: [text] } } };
  }
  if (!("text" in outcome)) return server;
  return { ...server, outcome: { ...outcome, text: clip(cleanText(outcome.text), MAX_REPLY_COLUMNS) } };
}

/** The status line for an error: nothing is known of the servers. */
export function renderNagiosUnknown(message: string): string {
  return `${statusLine(3, cleanText(message))}\n`;
}

function headline(
  { server }: Report,
  counting: readonly ServerReport[],
  thresholds: Thresholds,
  nowMs: number,
): string {
  if (counting.length === 0) return "no server counts";
  const { available, unavailable, undetermined } = tally(counting);
  const isOnlyOne = unavailable + undetermined === 1;
  return [
    `${available} of ${counting.length} available${renderMissed(available, thresholds)}${server === null ? "" : `, use ${renderTarget(server)}`}`,
    ...listed("unavailable", namesOf("unavailable", counting, isOnlyOne)),
    ...listed("undetermined", namesOf("undetermined", counting, isOnlyOne)),
    ...listedByTime(counting, thresholds),
    ...listedByCertificate(counting, thresholds, nowMs),
  ].join("; ");
}

function renderMissed(available: number, { minimum }: Thresholds): string {
  if (minimum === undefined || available >= minimum.warning) return "";
  return `, fewer than ${available < minimum.critical ? minimum.critical : minimum.warning}`;
}

/** Too long a time is what thresholds are for; a range can find fault with others too. */
function listedByTime(counting: readonly ServerReport[], thresholds: Thresholds): readonly string[] {
  const alarmed = new Set([...alarming(1, thresholds, counting), ...alarming(2, thresholds, counting)]);
  const limits = [thresholds.warning, thresholds.critical].flatMap((range) => range ?? []);
  const isSlow = ({ elapsedMs }: ServerReport) =>
    limits.some(({ endMs, alertsInside }) => !alertsInside && (elapsedMs ?? 0) > endMs);
  const inOrder = counting.filter((server) => alarmed.has(server));
  return [
    ...listed("slow", inOrder.filter(isSlow).map(nameWithTime)),
    ...listed("out of range", inOrder.filter((server) => !isSlow(server)).map(nameWithTime)),
  ];
}

function listedByCertificate(
  counting: readonly ServerReport[],
  thresholds: Thresholds,
  nowMs: number,
): readonly string[] {
  const those = new Set(
    [1, 2].flatMap((status) => expiring(status as NagiosStatus, thresholds, counting, nowMs)),
  );
  const names = counting
    .filter((server) => those.has(server))
    .map((server) => {
      const days = Math.floor(certificateLeft(server, thresholds.certLeft, nowMs)?.days ?? 0);
      return `${renderTarget(server.target)} (${days} days left)`;
    });
  return listed("certificate", names);
}

function nameWithTime({ target, elapsedMs }: ServerReport): string {
  return `${renderTarget(target)} (${((elapsedMs ?? 0) / 1000).toFixed(3)} s)`;
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
