import type { ProbeOutcome } from "../probe/outcome.ts";
import { STAGES, type Stage } from "../smtp/attempt.ts";
import { MAX_REPLY_OCTETS, type Reply, SERVICE_READY } from "../smtp/reply.ts";
import { cleanText } from "../text/clean-text.ts";
import { isRecord } from "./record.ts";

const KNOWN_STAGES: ReadonlySet<unknown> = new Set(STAGES);
const MAX_CAUSE_CHARACTERS = 200;
const MAX_EXTENSION_CHARACTERS = 255;
const MAX_MECHANISMS = 100;

/**
 * An outcome that was kept, checked to the last field: undefined for anything that probing could not have come to,
 * and for outcomes that are never kept.
 */
export function parseOutcome(value: unknown): ProbeOutcome | undefined {
  if (!isRecord(value)) return undefined;
  const { kind, stage, text, cause, extension, offered } = value;
  const reply = parseReply(value["reply"]);
  switch (kind) {
    case "greeted":
      return reply?.code === SERVICE_READY ? { kind, reply } : undefined;
    case "reached":
      return reply !== undefined && reply.code < 300 && isStage(stage) ? { kind, stage, reply } : undefined;
    case "declined":
    case "busy":
    case "deferred":
      if (reply === undefined || !isStage(stage) || (stage === "greeting" && reply.code === SERVICE_READY))
        return undefined;
      return { kind, stage, reply };
    case "not-smtp":
      return isShortText(text) && isStage(stage) ? { kind, stage, text } : undefined;
    case "closed":
    case "reset":
    case "starttls-missing":
      return isStage(stage) ? { kind, stage } : undefined;
    case "timed-out":
      return isStage(stage) ? { kind, stage } : undefined;
    case "tls-failed":
    case "auth-failed":
      if (!isStage(stage) || !isCause(cause) || (value["reply"] !== null && reply === undefined))
        return undefined;
      return { kind, stage, cause, reply: reply ?? null };
    case "certificate-untrusted":
    case "certificate-incomplete":
    case "certificate-expired":
    case "certificate-not-yet-valid":
    case "certificate-name":
      return isStage(stage) && isShortText(cause) ? { kind, stage, cause } : undefined;
    case "auth-missing":
      return isStage(stage) && isListOfTexts(offered) ? { kind, stage, offered } : undefined;
    case "extension-missing":
      return isStage(stage) && isShortText(extension) && extension.length <= MAX_EXTENSION_CHARACTERS
        ? { kind, stage, extension }
        : undefined;
    case "unreachable":
    case "dns-failure":
      return isCause(cause) ? { kind, cause } : undefined;
    case "refused":
    case "not-found":
      return { kind };
    default:
      return undefined;
  }
}

function parseReply(value: unknown): Reply | undefined {
  if (!isRecord(value)) return undefined;
  const { code, lines, complete } = value;
  if (!isReplyCode(code) || typeof complete !== "boolean" || !Array.isArray(lines)) return undefined;
  const texts = lines.filter((line) => typeof line === "string");
  const fits = texts.length === lines.length && isShortText(texts.join("\n"));
  return fits ? { code, lines: texts, complete } : undefined;
}

function isReplyCode(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= MAX_MECHANISMS && value.every(isShortText);
}

function isShortText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_REPLY_OCTETS;
}

function isStage(value: unknown): value is Stage {
  return KNOWN_STAGES.has(value);
}

/** A cause is a word or a few of our own or the system's: never a server's, so it is clean as it is. */
function isCause(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_CAUSE_CHARACTERS && cleanText(value) === value;
}
