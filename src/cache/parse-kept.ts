import { MAX_TIMEOUT_MS } from "../limits/deadline.ts";
import { canonicalAddress, type Family } from "../text/address.ts";
import { isSocketPath, MAX_PORT, parseHost } from "../text/target.ts";
import { parseOutcome } from "./parse-outcome.ts";
import { isRecord } from "./record.ts";
import type { Kept, Question } from "./store.ts";

/** Longer than any that a run can ask. */
const MAX_MANNER_CHARACTERS = 4_096;
/** The last moment that a `Date` can tell, in milliseconds (ECMA-262 §21.4.1.1). */
const LAST_MOMENT_MS = 8.64e15;

/**
 * What was read from a store, checked to the last field: a damaged, foreign or hostile value is undefined, and what
 * comes through is as if it had been put by this program. Its texts are as clean as a server's, that is, not at all.
 */
export function parseKept(value: unknown): Kept | undefined {
  if (!isRecord(value)) return undefined;
  const { address, checkedAtMs, expiresAtMs, limitMs } = value;
  const question = parseQuestion(value["question"]);
  const outcome = parseOutcome(value["outcome"]);
  if (question === undefined || outcome === undefined) return undefined;
  if (address !== null && !isAddress(address)) return undefined;
  if (!isMoment(checkedAtMs) || !isMoment(expiresAtMs)) return undefined;
  if (expiresAtMs < checkedAtMs || expiresAtMs - checkedAtMs > MAX_TIMEOUT_MS) return undefined;
  if (limitMs !== null && !isLimit(limitMs)) return undefined;
  return { question, outcome, address, checkedAtMs, expiresAtMs, limitMs };
}

/** Whether two questions are the same. */
export function isSameQuestion(one: Question, other: Question): boolean {
  return (
    one.host === other.host &&
    one.port === other.port &&
    one.family === other.family &&
    one.manner === other.manner
  );
}

function parseQuestion(value: unknown): Question | undefined {
  if (!isRecord(value)) return undefined;
  const { host, port, family, manner } = value;
  if (typeof host !== "string" || !isHost(host)) return undefined;
  const least = isSocketPath(host) ? 0 : 1;
  if (typeof port !== "number" || !Number.isInteger(port) || port < least || port > MAX_PORT)
    return undefined;
  if (!isFamily(family)) return undefined;
  if (manner === undefined) return { host, port, family };
  return isManner(manner) ? { host, port, family, manner } : undefined;
}

function isHost(host: string): boolean {
  return isSocketPath(host) ? host.length <= MAX_MANNER_CHARACTERS : parseHost(host) === host;
}

function isManner(value: unknown): value is string {
  return (
    typeof value === "string" && value.length <= MAX_MANNER_CHARACTERS && /^[!-~]+(?: [!-~]+)*$/.test(value)
  );
}

function isFamily(value: unknown): value is Family | null {
  return value === null || value === 4 || value === 6;
}

function isAddress(value: unknown): value is string {
  return typeof value === "string" && (isSocketPath(value) || canonicalAddress(value) === value);
}

function isMoment(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= LAST_MOMENT_MS;
}

function isLimit(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= MAX_TIMEOUT_MS;
}
