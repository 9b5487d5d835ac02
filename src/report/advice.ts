import type { ProbeOutcome, ServerReport } from "../probe/outcome.ts";
import { cleanText } from "../text/clean-text.ts";
import { explain } from "./explain.ts";
import { renderTarget } from "./render-target.ts";

/** What to do about each server that fails in a way that is known, a line each: `mx1: certificate expired 3 days ago: renew it`. */
export function renderAdvice(servers: readonly ServerReport[], usualPort?: number): readonly string[] {
  return servers.flatMap((server) => {
    const advice = adviceOn(server.outcome);
    if (advice === undefined) return [];
    return [cleanText(`${renderTarget(server.target, usualPort)}: ${fault(server.outcome)}: ${advice}`)];
  });
}

/** What is wrong, in short: the server's own words stand above. */
function fault(outcome: ProbeOutcome): string {
  switch (outcome.kind) {
    case "busy":
      return "busy";
    case "deferred":
      return `deferred ${outcome.stage}`;
    case "auth-failed":
      return `login failed: ${outcome.cause}`;
    default:
      return explain({ outcome, address: null });
  }
}

function adviceOn(outcome: ProbeOutcome): string | undefined {
  switch (outcome.kind) {
    case "certificate-expired":
      return "renew it";
    case "certificate-not-yet-valid":
      return "set the clock there or here, or wait";
    case "certificate-incomplete":
      return "let the server send the chain (its issuer's certificate behind its own)";
    case "certificate-untrusted":
      return "get one from a known authority, or give yours with --tls-ca";
    case "certificate-name":
      return "get one for that name, or give the name it is for with --tls-name";
    case "starttls-missing":
      return "switch STARTTLS on there (a certificate and a key), or see whether something between strips it";
    case "auth-missing":
      return outcome.offered.length === 0
        ? "switch login on there, or ask the submission port"
        : "name another with --auth-mechanism, or offer one of ours";
    case "auth-failed":
      return outcome.reply === null
        ? "do not use the password there"
        : "see whether user and password are right; it was tried once";
    case "busy":
      return outcome.stage === "greeting"
        ? undefined
        : "too many connections, or it is stopping: ask again later, and see its limits for this client";
    case "deferred":
      return "greylisting or a passing trouble there: ask again later";
    default:
      return undefined;
  }
}
