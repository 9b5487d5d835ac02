import type { ProbeOutcome } from "../probe/outcome.ts";
import type { Stage } from "../smtp/attempt.ts";
import { MAX_REPLY_OCTETS, type Reply, SERVICE_READY } from "../smtp/reply.ts";
import { cleanText } from "../text/clean-text.ts";
import { isRecord } from "./record.ts";

const STAGES: Readonly<Record<Stage, true>> = { dns: true, connect: true, greeting: true };
const MAX_CAUSE_CHARACTERS = 200;
/**
 * An outcome that was kept, checked to the last field: undefined for anything that probing could not have come to,
 * and for outcomes that are never kept.
 */
export function parseOutcome(value: unknown): ProbeOutcome | undefined {
  if (!isRecord(value)) return undefined;
  const { kind, stage, text, cause } = value;
  const reply = parseReply(value["reply"]);
  switch (kind) {
    case "greeted":
      return reply?.code === SERVICE_READY ? { kind, reply } : undefined;
    case "declined":
      return reply === undefined || reply.code === SERVICE_READY ? undefined : { kind, reply };
    case "not-smtp":
      return isShortText(text) ? { kind, text } : undefined;
    case "reset":
    case "timed-out":
      return isStage(stage) ? { kind, stage } : undefined;
    case "unreachable":
    case "dns-failure":
      return isCause(cause) ? { kind, cause } : undefined;
    case "closed":
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

function isShortText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_REPLY_OCTETS;
}

function isStage(value: unknown): value is Stage {
  return typeof value === "string" && Object.hasOwn(STAGES, value);
}

/** A cause is a word or a few of our own or the system's: never a server's, so it is clean as it is. */
function isCause(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_CAUSE_CHARACTERS && cleanText(value) === value;
}
