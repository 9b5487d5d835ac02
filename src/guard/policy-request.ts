import type { Question } from "./question.ts";

/** What Postfix says of a client whose name is not known, or not verified (SMTPD_POLICY_README). */
const UNKNOWN = "unknown";

/** The attributes that matter; of 29 that Postfix sends the others are not kept. */
const NAMES = [
  "request",
  "protocol_state",
  "recipient",
  "sasl_username",
  "client_address",
  "client_name",
  "server_address",
  "sender",
] as const;
type Name = (typeof NAMES)[number];
/** More than there are letters. */
const LETTERS = 0x1_0000;

/** The attribute whose name has this length and this first letter, which no two share: this is on the way of every recipient. */
const BY_SHAPE = new Map<number, Name>(NAMES.map((name) => [shapeOf(name.length, name.charCodeAt(0)), name]));

/** A request of Postfix's policy delegation protocol: the lines between two empty ones. */
export class PolicyRequest {
  readonly #values: Partial<Record<Name, string>> = {};

  /** Takes the line `name=value` that stands in a text from one place to another; false when it is none. Of two with one name the first counts. */
  take(text: string, from: number, end: number): boolean {
    const at = text.indexOf("=", from);
    if (at <= from || at >= end) return false;
    const name = BY_SHAPE.get(shapeOf(at - from, text.charCodeAt(from)));
    if (name !== undefined && text.startsWith(name, from)) this.#values[name] ??= text.slice(at + 1, end);
    return true;
  }

  /** What is asked: undefined when it is about no recipient. */
  question(): Question | undefined {
    const values = this.#values;
    if (values.request !== "smtpd_access_policy" || values.protocol_state !== "RCPT") return undefined;
    const { recipient, client_name: clientName, sender } = values;
    if (recipient === undefined || recipient === "") return undefined;
    return {
      isAuthenticated: orNull(values.sasl_username) !== null,
      clientAddress: orNull(values.client_address),
      clientName: clientName === UNKNOWN ? null : orNull(clientName),
      ownAddress: orNull(values.server_address),
      sender: sender ?? null,
      recipient,
    };
  }
}

function shapeOf(length: number, letter: number): number {
  return length * LETTERS + letter;
}

function orNull(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}
