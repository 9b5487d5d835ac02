/** What a line from OpenSMTPD says, as far as it matters to the guard. */
export type FilterLine =
  | { readonly kind: "config"; readonly key: string; readonly value: string }
  | FilterRequest
  | { readonly kind: "connected"; readonly session: string; readonly ends: FilterEnds }
  | { readonly kind: "authenticated"; readonly session: string }
  /** A transaction has begun, or is over: then the sender is null. */
  | { readonly kind: "transaction"; readonly session: string; readonly sender: string | null }
  | { readonly kind: "disconnected"; readonly session: string };

/** A question that OpenSMTPD waits for the answer to. */
export interface FilterRequest {
  readonly kind: "request";
  /** What the answer begins with: session and token, in the order in which they came. */
  readonly reference: string;
  readonly session: string;
  readonly phase: string;
  readonly parameter: string;
}

/** Both ends of a client's connection. */
export interface FilterEnds {
  /** Whether it came by a socket of this machine, as sendmail(8) does. */
  readonly isLocal: boolean;
  /** Null unless it is verified. */
  readonly clientName: string | null;
  readonly clientAddress: string | null;
  readonly ownAddress: string | null;
}

/** Session and token are numbers in hexadecimal; whatever could break the line of an answer is none. */
const REFERENCE = /^[\w.-]{1,64}$/;
/** smtpd-filters(7): version, timestamp, subsystem and event stand before what belongs to the event. */
const [VERSION, SUBSYSTEM, EVENT, SESSION, TOKEN] = [1, 3, 4, 5, 6] as const;
/** From here on the token stands behind the session, in requests and answers. */
const SESSION_FIRST = 5;
/** From here on the result stands before the user's name. */
const RESULT_FIRST = 7;

/** Reads one line of OpenSMTPD's filter protocol (smtpd-filters(7)), versions 0.4 to 0.7; undefined for what says nothing to us. */
export function parseFilterLine(line: string): FilterLine | undefined {
  const fields = line.split("|");
  switch (fields[0]) {
    case "config":
      return { kind: "config", key: fields[1] ?? "", value: fields.slice(2).join("|") };
    case "filter":
      return parseRequest(fields);
    case "report":
      return fields[SUBSYSTEM] === "smtp-in" ? parseReport(fields) : undefined;
    default:
      return undefined;
  }
}

function parseRequest(fields: readonly string[]): FilterRequest | undefined {
  const { [EVENT]: phase = "", [SESSION]: first = "", [TOKEN]: second = "" } = fields;
  if (!REFERENCE.test(first) || !REFERENCE.test(second)) return undefined;
  const session = minorVersion(fields) < SESSION_FIRST ? second : first;
  const parameter = fields.slice(TOKEN + 1).join("|");
  return { kind: "request", reference: `${first}|${second}`, session, phase, parameter };
}

function parseReport(fields: readonly string[]): FilterLine | undefined {
  const { [SESSION]: session = "", [EVENT]: event } = fields;
  const parameters = fields.slice(SESSION + 1);
  switch (event) {
    case "link-connect":
      return { kind: "connected", session, ends: parseEnds(parameters) };
    case "link-auth":
      return parameters.at(minorVersion(fields) < RESULT_FIRST ? -1 : 0) === "pass"
        ? { kind: "authenticated", session }
        : undefined;
    case "tx-mail":
      return { kind: "transaction", session, sender: parseSender(parameters.slice(1).join("|")) };
    case "tx-reset":
      return { kind: "transaction", session, sender: null };
    case "link-disconnect":
      return { kind: "disconnected", session };
    default:
      return undefined;
  }
}

/** The version is 0.4, 0.5 and so on; what is none we take for a later one. */
function minorVersion(fields: readonly string[]): number {
  return Number(/^0\.(\d{1,3})$/.exec(fields[VERSION] ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
}

function parseEnds([name = "", verified, client = "", own = ""]: readonly string[]): FilterEnds {
  return {
    isLocal: client.startsWith("unix:"),
    clientName: verified === "pass" && name !== "" ? name : null,
    clientAddress: addressOf(client),
    ownAddress: addressOf(own),
  };
}

/** What stands before the last colon, without brackets; null for no address and port. */
function addressOf(end: string): string | null {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^[].*)):\d+$/.exec(end) ?? [];
  return end.startsWith("unix:") ? null : (bracketed ?? plain ?? null);
}

/** The result stands before the address, and behind it up to version 0.5. */
function parseSender(text: string): string | null {
  const [, before, behind] = /^(?:ok\|(.*)|(.*)\|ok)$/s.exec(text) ?? [];
  return before ?? behind ?? null;
}
