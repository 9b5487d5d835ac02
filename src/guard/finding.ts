import type { AttemptOutcome } from "../smtp/attempt.ts";
import type { Reply } from "../smtp/reply.ts";
import type { Finding } from "./health.ts";

/** Codes from here on are refusals, and from there on for good (RFC 5321 §4.2.1). */
const LEAST_REFUSAL = 400;
const LEAST_PERMANENT = 500;

/** What an attempt means that was not greeted. */
export function findingOf(outcome: AttemptOutcome): Finding {
  if (outcome.kind === "no-resources") return { kind: "unknown" };
  const isRefusal = outcome.kind === "busy" || outcome.kind === "declined";
  const { code = 0 } = isRefusal ? outcome.reply : {};
  if (isRefusal && code >= LEAST_REFUSAL && code < LEAST_PERMANENT)
    return { kind: "busy", reply: outcome.reply };
  const stage = "stage" in outcome ? ` in ${outcome.stage}` : "";
  return { kind: "failed", why: isRefusal ? textOf(outcome.reply) : outcome.kind + stage };
}

/** A finding in a few words, not yet clean. */
export function wordsOf(finding: Finding): string {
  switch (finding.kind) {
    case "greeted":
      return `greeted after ${Math.round(finding.connectMs + finding.firstLineMs)} ms`;
    case "busy":
      return textOf(finding.reply);
    case "failed":
      return finding.why;
    case "unknown":
      return "could not be probed";
  }
}

/** A reply in one line, not yet clean. */
export function textOf({ code, lines }: Reply): string {
  return `${code} ${lines.join(" ")}`.trim();
}
