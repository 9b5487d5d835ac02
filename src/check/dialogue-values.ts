import type { Credentials } from "../sasl/mechanism.ts";
import { isMechanism, MECHANISMS, type MechanismName } from "../sasl/mechanisms.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import { parseMailbox } from "../text/mailbox.ts";
import { parseHost } from "../text/target.ts";
import { withAuthorities } from "../tls/authorities.ts";
import type { CheckOptions } from "./options.ts";

/** Who logs in, and by which mechanism; undefined for the best that both know. */
export type Login = Credentials & { readonly mechanism: MechanismName | undefined };

const KEYWORD = /^[a-z\d][a-z\d-]*(?:=[!-<>-~]+)?$/i;
const HELO_NAME = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*|\[[!-Z^-~]+\])$/i;
const MAX_HELO_CHARACTERS = 255;
const MAX_SECRET_CHARACTERS = 4_096;
const CONTROLS = /\p{Cc}/u;

/**
 * A name for EHLO: a host name or an address literal.
 * @throws {UsageError} when it is none.
 */
export function readHelo(text: string): string {
  if (HELO_NAME.test(text) && text.length <= MAX_HELO_CHARACTERS) return text;
  throw cannotRead(text, "a name for EHLO", "a host name, or an address literal such as [192.0.2.1]");
}

/**
 * A name that a certificate must carry.
 * @throws {UsageError} when it is none.
 */
export function readTlsName(text: string): string {
  const host = parseHost(text);
  if (host === undefined || host.includes("%"))
    throw cannotRead(text, "a name for TLS", "a host name or an address");
  return host;
}

/**
 * Authorities in PEM, beside the system's.
 * @throws {UsageError} when it is none.
 */
export function readAuthorities(pem: string): readonly string[] {
  const ca = withAuthorities(pem);
  if (ca === undefined)
    throw new UsageError("Cannot read the authorities of --tls-ca: want certificates in PEM");
  return ca;
}

/**
 * Who logs in, with what.
 * @throws {UsageError} when it is none.
 */
export function readAuth({ auth, everyAddress }: CheckOptions): Login | null {
  if (auth === undefined) return null;
  if (everyAddress === true)
    throw new UsageError(
      "Cannot use --auth with --every-address: a password is used once, for servers lock accounts",
    );
  const { user, secret, mechanism } = auth;
  if (user === "" || CONTROLS.test(user))
    throw cannotRead(user, "a user", "a name without control characters");
  if (secret === "" || secret.includes("\0") || secret.length > MAX_SECRET_CHARACTERS)
    throw new UsageError(
      `Cannot use the password given: want 1 to ${MAX_SECRET_CHARACTERS} characters, and no NUL`,
    );
  if (mechanism !== undefined && !isMechanism(mechanism))
    throw cannotRead(mechanism, "--auth-mechanism", Object.keys(MECHANISMS).join(", "));
  return { user, secret, mechanism };
}

/**
 * A sender; empty, or `<>`, for the null sender.
 * @throws {UsageError} when it is none.
 */
export function readFrom(text: string): string {
  const bare = withoutBrackets(text);
  const mailbox = bare === "" ? "" : parseMailbox(bare);
  if (mailbox === undefined)
    throw cannotRead(text, "a sender", "a mailbox such as postmaster@example.org, or <>");
  return mailbox;
}

/**
 * A recipient; `postmaster` needs no domain (RFC 5321 §4.5.1).
 * @throws {UsageError} when it is none.
 */
export function readTo(text: string): string {
  const bare = withoutBrackets(text);
  const mailbox = /^postmaster$/i.test(bare) ? bare : parseMailbox(bare);
  if (mailbox === undefined)
    throw cannotRead(text, "a recipient", "one mailbox, such as postmaster@example.org");
  return mailbox;
}

function withoutBrackets(text: string): string {
  return /^<.*>$/s.test(text) ? text.slice(1, -1) : text;
}

/**
 * An extension's keyword, with a parameter or without.
 * @throws {UsageError} when it is none.
 */
export function readKeyword(text: string): string {
  if (KEYWORD.test(text)) return text.toUpperCase();
  throw cannotRead(text, "an extension", "its keyword, such as SIZE or AUTH=PLAIN");
}
