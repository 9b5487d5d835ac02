import { type ProbeOutcome, type ServerReport, type SkipReason, statusOf } from "../probe/outcome.ts";
import type { Stage } from "../smtp/attempt.ts";
import type { Reply } from "../smtp/reply.ts";
import { cleanText } from "../text/clean-text.ts";
import { renderTarget } from "./render-target.ts";
import { renderDialogue, stagesMsOf } from "./stages.ts";

const SKIPPED: Readonly<Record<SkipReason, string>> = {
  "stop-host": "stop host",
  "same-preference": "same preference as the stop host",
  "after-stop": "after the stop host",
  "null-mx": "null MX",
  "too-many-exchangers": "beyond the 32 best exchangers of its domain",
};

/** Stages whose last reply is the list of extensions. */
const SAYS_LITTLE: ReadonlySet<Stage> = new Set(["ehlo", "starttls"]);

/** In front of the cause, which tells the rest. */
const WRONG_WITH = {
  "certificate-untrusted": "not trusted: ",
  "certificate-incomplete": "incomplete: ",
  "certificate-expired": "",
  "certificate-not-yet-valid": "",
  "certificate-name": "",
} as const;

/**
 * One settled server as one line of clean text: its name, with the port unless it is the usual one, the verdict, what
 * was seen, and the milliseconds spent.
 */
export function renderServer(report: ServerReport, nowMs: number, usualPort?: number): string {
  return `${renderTarget(report.target, usualPort)}: ${renderVerdict(report, nowMs)}`;
}

/** The same without the name, for a report that names servers in its own way. */
export function renderVerdict(report: ServerReport, nowMs: number): string {
  return `${statusOf(report.outcome)}: ${explain(report)}${renderEvidence(report, nowMs)}`;
}

/** How old a cached answer is, such as "cached 12 s ago"; null for one obtained just now. */
export function renderAge({ cachedAtMs }: Pick<ServerReport, "cachedAtMs">, nowMs: number): string | null {
  if (cachedAtMs === null) return null;
  return `cached ${Math.max(0, Math.round((nowMs - cachedAtMs) / 1000))} s ago`;
}

/** Why a server is held to be what it is, as clean text. */
export function explain({ outcome, address }: Pick<ServerReport, "outcome" | "address">): string {
  const phrase = explainOutcome(outcome);
  return cleanText(address === null ? phrase : `${address} ${phrase}`);
}

/** A reply as clean text on one line: its code, and the text of its lines. */
export function renderReply({ code, lines }: Reply): string {
  return cleanText([code, ...lines].join(" ").trim());
}

function explainOutcome(outcome: ProbeOutcome): string {
  switch (outcome.kind) {
    case "greeted":
      return `said "${renderReply(outcome.reply)}"`;
    case "reached":
      return `went well through ${outcome.stage}${SAYS_LITTLE.has(outcome.stage) ? "" : quoted(outcome.reply)}`;
    case "declined":
      return `declined${outcome.stage === "greeting" ? "" : ` ${outcome.stage}`} with "${renderReply(outcome.reply)}"`;
    case "busy":
      return `is busy${at(outcome.stage)}: "${renderReply(outcome.reply)}"`;
    case "deferred":
      return `deferred ${outcome.stage} with "${renderReply(outcome.reply)}"`;
    case "starttls-missing":
      return "does not offer STARTTLS";
    case "tls-failed":
      return `failed at TLS: ${outcome.cause}${quoted(outcome.reply)}`;
    case "certificate-untrusted":
    case "certificate-incomplete":
    case "certificate-expired":
    case "certificate-not-yet-valid":
    case "certificate-name":
      return `certificate ${WRONG_WITH[outcome.kind]}${outcome.cause}`;
    case "auth-missing":
      return `offers no login that is known here: ${outcome.offered.join(" ") || "none at all"}`;
    case "auth-failed":
      return `failed at login: ${outcome.cause}${quoted(outcome.reply)}`;
    case "extension-missing":
      return `does not offer ${outcome.extension}`;
    case "not-smtp":
      return `does not speak SMTP: "${outcome.text}"`;
    case "closed":
      return outcome.stage === "greeting"
        ? "closed the connection before a greeting"
        : `closed the connection in ${outcome.stage}`;
    case "reset":
      return `reset the connection${at(outcome.stage)}`;
    case "timed-out":
      return outcome.stage === "waiting"
        ? `timed out while another process asked it${outcome.holderStage === undefined ? "" : `, which was in ${outcome.holderStage}`}`
        : `timed out in ${outcome.stage}`;
    case "refused":
      return "refused the connection";
    case "unreachable":
      return `is unreachable: ${outcome.cause}`;
    case "no-resources":
      return `could not be probed by this machine: ${outcome.cause}`;
    case "not-found":
      return "name not found";
    case "dns-failure":
      return `lookup failed: ${outcome.cause}`;
    case "bad-exchange":
      return outcome.why === "address" ? "its MX record names an address" : "its MX record names no host";
    case "skipped":
      return SKIPPED[outcome.why];
  }
}

/** Where it was, unless that was at the beginning. */
function at(stage: Stage): string {
  return stage === "connect" || stage === "greeting" ? "" : ` in ${stage}`;
}

function quoted(reply: Reply | null): string {
  return reply === null ? "" : `: "${renderReply(reply)}"`;
}

function renderEvidence(report: ServerReport, nowMs: number): string {
  const stages = Object.entries(stagesMsOf(report));
  const spent = stages.flatMap(([stage, ms]) => (ms === null ? [] : [`${stage} ${ms.toFixed(1)} ms`]));
  const age = renderAge(report, nowMs);
  const leftOut = report.addressesLeftOut;
  const untried = leftOut === undefined ? [] : [`${leftOut} more addresses not tried`];
  const evidence = [...renderDialogue(report, nowMs), ...spent, ...(age === null ? [] : [age]), ...untried];
  return evidence.length === 0 ? "" : ` (${evidence.join(", ")})`;
}
