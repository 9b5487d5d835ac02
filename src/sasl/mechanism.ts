/** Who logs in, and with what; the secret is a password, or for OAuth a token. */
export interface Credentials {
  readonly user: string;
  readonly secret: string;
}

/**
 * One exchange of a mechanism (RFC 4422 §3): it yields what the client says and is given what the server answers to
 * that, both as octets of one character each, or null for its success; the first is said along with the mechanism's
 * name, and null for none. A promise is work that takes its time: it is given what comes of it.
 * @throws {SaslError} when the server's part is not what the mechanism demands, an early success too.
 */
export type Exchange = Generator<string | null | Promise<string>, void, string | null>;

/** A server that does not keep to the mechanism; the message holds nothing secret. */
export class SaslError extends Error {
  override readonly name = "SaslError";
}

/**
 * A challenge that there must be.
 * @throws {SaslError} for a success in its place.
 */
export function due(challenge: string | null): string {
  if (challenge === null) throw new SaslError("it let us in before it had asked");
  return challenge;
}

/** Text as octets of one character each (UTF-8). */
export function octetsOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
