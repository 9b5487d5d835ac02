import { cleanText } from "../clean-text.ts";
import { availabilityOf, type ProbeOutcome, type ServerReport } from "../outcome.ts";
import type { Reply } from "../smtp/reply.ts";

const SKIPPED = {
  "stop-host": "stop host",
  "same-preference": "same preference as the stop host",
  "after-stop": "after the stop host",
} as const;

/** One settled server as one line of clean text: its name, the verdict, what was seen, and the milliseconds spent. */
export function renderServer(report: ServerReport): string {
  const status = availabilityOf(report.outcome);
  return cleanText(`${report.target.server}: ${status}: ${explain(report)}${renderTimings(report)}`);
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
    case "declined":
      return `declined with "${renderReply(outcome.reply)}"`;
    case "not-smtp":
      return `does not speak SMTP: "${outcome.text}"`;
    case "closed":
      return "closed the connection before a greeting";
    case "reset":
      return "reset the connection";
    case "timed-out":
      return `timed out in ${outcome.stage}`;
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
    case "skipped":
      return SKIPPED[outcome.why];
  }
}

function renderTimings({ dnsMs, connectMs, greetingMs }: ServerReport): string {
  const stages = Object.entries({ dns: dnsMs, connect: connectMs, greeting: greetingMs });
  const spent = stages.flatMap(([stage, ms]) => (ms === null ? [] : [`${stage} ${ms.toFixed(1)} ms`]));
  return spent.length === 0 ? "" : ` (${spent.join(", ")})`;
}
