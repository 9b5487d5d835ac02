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

/** How the lines of the attributes begin, by their first letter: this is on the way of every recipient. */
const BEGINNINGS = new Map<number, readonly (readonly [name: Name, beginning: string])[]>();
for (const name of NAMES) {
  const letter = name.charCodeAt(0);
  BEGINNINGS.set(letter, [...(BEGINNINGS.get(letter) ?? []), [name, `${name}=`]]);
}

/** A request of Postfix's policy delegation protocol: the lines between two empty ones. */
export class PolicyRequest {
  readonly #values: Partial<Record<Name, string>> = {};

  /** Takes the line `name=value` that stands in a text from one place to another; false when it is none. Of two with one name the first counts. */
  take(text: string, from: number, end: number): boolean {
    for (const [name, beginning] of BEGINNINGS.get(text.charCodeAt(from)) ?? []) {
      if (!text.startsWith(beginning, from) || from + beginning.length > end) continue;
      this.#values[name] ??= text.slice(from + beginning.length, end);
      return true;
    }
    const at = text.indexOf("=", from);
    return at > from && at < end;
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

function orNull(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}
