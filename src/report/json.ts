import type { Report } from "../check/report.ts";
import { type ProbeOutcome, type ServerReport, statusOf } from "../probe/outcome.ts";
import type { Attempt, Stage } from "../smtp/attempt.ts";
import { cleanText } from "../text/clean-text.ts";
import { renderReply } from "./explain.ts";

/** The version of the report's shape, which report.schema.json describes. */
const VERSION = 1;

/** What an error is about, where there is no report because of it. */
export type ErrorKind = "usage" | "lookup" | "input" | "cache" | "internal";

/** Why there is no report, as one JSON object on one line, its line end included; described by report.schema.json. */
export function renderJsonError(kind: ErrorKind, message: string): string {
  return `${JSON.stringify({ version: VERSION, error: { kind, message: cleanText(message) } })}\n`;
}

/**
 * The whole report, made just now, as one JSON object on one line, its line end included; described by
 * report.schema.json.
 */
export function renderJson(report: Report, nowMs: number): string {
  const object = {
    version: VERSION,
    checkedAt: new Date(nowMs).toISOString(),
    verdict: report.verdict,
    server: report.server === null ? null : cleanText(report.server.server),
    requirement: `${report.requirement}-available`,
    met: report.met === true,
    elapsedMs: rounded(report.elapsedMs),
    servers: report.servers.map(describeServer),
  };
  return `${JSON.stringify(object)}\n`;
}

function describeServer(report: ServerReport) {
  const { target, outcome, address } = report;
  return {
    server: cleanText(target.server),
    host: cleanText(target.host),
    port: target.port,
    preference: target.preference,
    status: statusOf(outcome),
    stage: stageOf(outcome, address),
    reason: outcome.kind === "skipped" ? outcome.why : outcome.kind,
    ...describeReply(outcome),
    address: address === null ? null : cleanText(address),
    attempts: report.attempts.map(describeAttempt),
    addressesLeftOut: report.addressesLeftOut ?? 0,
    dnsMs: rounded(report.dnsMs),
    connectMs: rounded(report.connectMs),
    greetingMs: rounded(report.greetingMs),
    elapsedMs: rounded(report.elapsedMs),
    cached: report.cachedAtMs !== null,
  };
}

function describeAttempt({ endpoint, outcome, connectMs, greetingMs }: Attempt) {
  return {
    address: cleanText(endpoint.address),
    reason: outcome.kind,
    stage: stageOf(outcome, endpoint.address),
    ...describeReply(outcome),
    connectMs: rounded(connectMs),
    greetingMs: rounded(greetingMs),
    elapsedMs: rounded((connectMs ?? 0) + (greetingMs ?? 0)),
  };
}

function describeReply(outcome: ProbeOutcome) {
  switch (outcome.kind) {
    case "greeted":
    case "declined":
      return { code: outcome.reply.code, reply: renderReply(outcome.reply) };
    case "not-smtp":
      return { code: null, reply: cleanText(outcome.text) };
    case "closed":
    case "reset":
    case "timed-out":
    case "refused":
    case "unreachable":
    case "no-resources":
    case "not-found":
    case "dns-failure":
    case "bad-exchange":
    case "skipped":
      return { code: null, reply: null };
  }
}

function stageOf(outcome: ProbeOutcome, address: string | null): Stage | "waiting" | null {
  switch (outcome.kind) {
    case "greeted":
    case "declined":
    case "not-smtp":
    case "closed":
      return "greeting";
    case "reset":
    case "timed-out":
      return outcome.stage;
    case "refused":
    case "unreachable":
      return "connect";
    case "not-found":
    case "dns-failure":
    case "bad-exchange":
      return "dns";
    case "no-resources":
      return address === null ? "dns" : "connect";
    case "skipped":
      return null;
  }
}

/** Milliseconds to the microsecond: what follows is noise. */
function rounded(durationMs: number | null): number | null {
  return durationMs === null ? null : Math.round(durationMs * 1000) / 1000;
}
