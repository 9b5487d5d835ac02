import type { Report } from "../check/report.ts";
import { laterMs, type ProbeOutcome, type ServerReport, statusOf } from "../probe/outcome.ts";
import type { Attempt, Stage } from "../smtp/attempt.ts";
import { enhancedCodeOf } from "../smtp/enhanced-code.ts";
import { cleanText } from "../text/clean-text.ts";
import { renderReply } from "./explain.ts";
import { describeDialogue } from "./json-dialogue.ts";
import { stagesMsOf } from "./stages.ts";

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
    quitAfter: report.quitAfter,
    requirement: `${report.requirement}-available`,
    met: report.met === true,
    elapsedMs: rounded(report.elapsedMs),
    servers: report.servers.map((server) => describeServer(server, nowMs)),
  };
  return `${JSON.stringify(object)}\n`;
}

function describeServer(report: ServerReport, nowMs: number) {
  const { target, outcome, address } = report;
  return {
    server: cleanText(target.server),
    host: cleanText(target.host),
    port: target.port === 0 ? null : target.port,
    preference: target.preference,
    status: statusOf(outcome),
    stage: stageOf(outcome, address),
    reason: outcome.kind === "skipped" ? outcome.why : outcome.kind,
    ...describeReply(outcome),
    address: address === null ? null : cleanText(address),
    attempts: report.attempts.map(describeAttempt),
    addressesLeftOut: report.addressesLeftOut ?? 0,
    ...describeDialogue(report, nowMs),
    stagesMs: roundedAll(stagesMsOf(report)),
    elapsedMs: rounded(report.elapsedMs),
    cached: report.cachedAtMs !== null,
  };
}

function describeAttempt(attempt: Attempt) {
  const { endpoint, outcome, connectMs, greetingMs, dialogue } = attempt;
  return {
    address: cleanText(endpoint.address),
    reason: outcome.kind,
    stage: stageOf(outcome, endpoint.address),
    ...describeReply(outcome),
    tlsFailure: typeof dialogue?.tlsFailure === "string" ? cleanText(dialogue.tlsFailure) : null,
    stagesMs: roundedAll(stagesMsOf({ ...attempt, dnsMs: null })),
    elapsedMs: rounded((connectMs ?? 0) + (greetingMs ?? 0) + laterMs(attempt)),
  };
}

function describeReply(outcome: ProbeOutcome) {
  if ("reply" in outcome && outcome.reply !== null) {
    const { reply } = outcome;
    return {
      code: reply.code,
      enhancedCode: enhancedCodeOf(reply),
      reply: renderReply(reply),
      ...describeCause(outcome),
    };
  }
  const text = "text" in outcome ? cleanText(outcome.text) : null;
  return { code: null, enhancedCode: null, reply: text, ...describeCause(outcome) };
}

/** What there is to say beside a reason that does not tell everything; null for nothing. */
function describeCause(outcome: ProbeOutcome) {
  switch (outcome.kind) {
    case "auth-missing":
      return { cause: cleanText(outcome.offered.join(" ")) };
    case "extension-missing":
      return { cause: cleanText(outcome.extension) };
    case "timed-out":
      return { cause: outcome.stage === "waiting" ? (outcome.holderStage ?? null) : null };
    default:
      return { cause: "cause" in outcome ? cleanText(outcome.cause) : null };
  }
}

function stageOf(outcome: ProbeOutcome, address: string | null): Stage | "waiting" | null {
  if ("stage" in outcome) return outcome.stage;
  switch (outcome.kind) {
    case "greeted":
      return "greeting";
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

function roundedAll(stagesMs: Readonly<Record<Stage, number | null>>) {
  return Object.fromEntries(Object.entries(stagesMs).map(([stage, ms]) => [stage, rounded(ms)]));
}

/** Milliseconds to the microsecond: what follows is noise. */
function rounded(durationMs: number | null): number | null {
  return durationMs === null ? null : Math.round(durationMs * 1000) / 1000;
}
