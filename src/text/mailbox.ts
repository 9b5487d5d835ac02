import { canonicalAddress } from "./address.ts";
import { parseHost } from "./target.ts";

/** Longest parts of a mailbox, in octets (RFC 5321 §4.5.3.1). */
const MAX_LOCAL_OCTETS = 64;
const MAX_PATH_OCTETS = 254;

/** atext of RFC 5322 §3.2.3, and UTF-8 behind ASCII (RFC 6531 §3.3). */
const ATOM = "[\\w!#$%&'*+/=?^`{|}~\\u0080-\\u{10ffff}-]+";
const DOT_STRING = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, "u");
const QUOTED_STRING = /^"(?:[ !#-[\]-~\u0080-\u{10ffff}]|\\[ -~])*"$/u;
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * Reads a mailbox, without the angle brackets (RFC 5321 §4.1.2), into the form in which it is said: undefined when it is
 * none. What comes through holds neither a control character nor an unquoted blank or bracket: it cannot end a command.
 */
export function parseMailbox(text: string): string | undefined {
  const at = text.lastIndexOf("@");
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || UNPRINTABLE.test(text) || !isLocalPart(local)) return undefined;
  const said = domain.startsWith("[") ? parseLiteral(domain) : parseDomain(domain);
  return said === undefined || Buffer.byteLength(`${local}@${said}`) > MAX_PATH_OCTETS
    ? undefined
    : `${local}@${said}`;
}

/** Whether saying it takes SMTPUTF8 (RFC 6531 §3.4). */
export function needsUtf8(mailbox: string): boolean {
  return !/^[\0-\x7f]*$/.test(mailbox);
}

/** An address as RFC 5321 §4.1.3 writes it: `[192.0.2.1]`, `[IPv6:2001:db8::1]`. */
export function addressLiteral(address: string): string {
  const [bare = address] = address.split("%");
  return bare.includes(":") ? `[IPv6:${bare}]` : `[${bare}]`;
}

function isLocalPart(local: string): boolean {
  return (
    Buffer.byteLength(local) <= MAX_LOCAL_OCTETS && (DOT_STRING.test(local) || QUOTED_STRING.test(local))
  );
}

function parseLiteral(literal: string): string | undefined {
  const [, tag, inner = ""] = /^\[(IPv6:)?([^\]]*)\]$/i.exec(literal) ?? [];
  const address = inner.includes("%") ? undefined : canonicalAddress(inner);
  const isTagRight = inner.includes(":") === (tag !== undefined);
  return address === undefined || !isTagRight ? undefined : addressLiteral(address);
}

/** A domain by its A-labels: they need no SMTPUTF8. */
function parseDomain(domain: string): string | undefined {
  const host = parseHost(domain);
  if (host === undefined || canonicalAddress(host) !== undefined) return undefined;
  return host.replace(/\.$/, "");
}
