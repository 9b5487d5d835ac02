import type { AttemptOutcome } from "../smtp/attempt.ts";
import { enhancedCodeOf } from "../smtp/enhanced-code.ts";
import type { Reply } from "../smtp/reply.ts";
import type { DialogueTerms } from "../smtp/terms.ts";
import { textOf } from "./finding.ts";
import type { MailFinding } from "./mail-health.ts";

/** A mailbox that is to be greylisted, or to be told of a policy, is answered so by a server that takes mail (RFC 3463 §3.3, §3.8). */
const GREYLISTING = /^4\.[27]\./;
/** The server itself cannot take mail now (RFC 3463 §3.4). */
const MAIL_SYSTEM = /^4\.3\./;
const INSUFFICIENT_STORAGE = 452;
const LOCAL_ERROR = 451;
/** Wants TLS first (RFC 3207 §4), which senders have and this check has not. */
const TLS_FIRST = 530;
const NO_TLS = "a mail check is made in the clear";

/** What is said in one: the null sender (RFC 5321 §4.5.5), whom everybody must take mail from, to somebody who must take mail (§4.5.1). */
export function mailCheck(helo: string | null, domain: string): DialogueTerms {
  const tls = { options: {}, read: () => NO_TLS };
  const ends = { helo, isLmtp: false, auth: null, expect: [] };
  return {
    quitAfter: "rcpt",
    ...ends,
    level: "none",
    isImplicit: false,
    tls,
    from: "",
    to: `postmaster@${domain}`,
  };
}

/**
 * What a dialogue means that went as far as a recipient: whether the server takes mail. One that knows no such
 * recipient, or greylists, takes mail from others; a greeting that is never completed says nothing.
 */
export function judgeMail(outcome: AttemptOutcome): {
  readonly finding: MailFinding;
  readonly reply: string;
} {
  const reply = "reply" in outcome && outcome.reply !== null ? outcome.reply : undefined;
  return { finding: findingOf(outcome, reply), reply: reply === undefined ? outcome.kind : textOf(reply) };
}

function findingOf(outcome: AttemptOutcome, reply: Reply | undefined): MailFinding {
  if ("stage" in outcome && outcome.stage === "greeting") return "unknown";
  switch (outcome.kind) {
    case "reached":
    case "greeted":
      return "takes-mail";
    case "no-resources":
    case "extension-missing":
      return "unknown";
    case "declined":
    case "deferred":
      if (outcome.stage === "rcpt") return isOfRecipientAlone(outcome.reply) ? "takes-mail" : "takes-none";
      return reply?.code === TLS_FIRST ? "takes-mail" : "takes-none";
    default:
      return "takes-none";
  }
}

/** Whether a refusal of one recipient says nothing of other mail. */
function isOfRecipientAlone(reply: Reply): boolean {
  const enhanced = enhancedCodeOf(reply) ?? "";
  if (reply.code >= 500) return true;
  if (reply.code === INSUFFICIENT_STORAGE || MAIL_SYSTEM.test(enhanced)) return false;
  return reply.code !== LOCAL_ERROR || GREYLISTING.test(enhanced);
}
