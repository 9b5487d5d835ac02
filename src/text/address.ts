const DOTS = 3;
const ZERO = 0x30;
const MAX_OCTET = 255;
const IPV6_OCTETS = 16;
const IPV6 = /^([0-9a-f.]*:[0-9a-f:.]*)(%[\w.-]{1,15})?$/i;
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;
/** Longer than any spelling that somebody wrote: the pattern behind it takes time by the square of the length. */
const MAX_LOOSE_CHARACTERS = 256;
const LOOSE_IPV4 = /^[\da-fx.]*\d[\da-f]*$/i;
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i;

/** IPv4 or IPv6, as `Bun.dns.lookup` numbers them. */
export type Family = 4 | 6;

/**
 * The one spelling of an IP address by which two are compared: IPv4 as a dotted quad, IPv6 as RFC 5952 §4 has it
 * (a zone stays behind it, RFC 4007 §11), an IPv4-mapped address (RFC 4291 §2.5.5.2) as the IPv4 address that it is.
 * Undefined for anything else.
 */
export function canonicalAddress(text: string): string | undefined {
  if (isIpv4(text)) return text;
  const [, digits, zone = ""] = (text.indexOf(":") !== text.lastIndexOf(":") && IPV6.exec(text)) || [];
  if (digits === undefined) return undefined;
  const compressed = hostnameOf(`[${digits}]`)?.slice(1, -1);
  return compressed === undefined ? undefined : (mappedIpv4(compressed) ?? compressed + zone);
}

/** As {@link canonicalAddress}, and the loose IPv4 spellings of inet_aton(3) too: `127.1`, `0x7f.0.0.1`, `2130706433`. */
export function canonicalAddressOfAnySpelling(text: string): string | undefined {
  if (text.length > MAX_LOOSE_CHARACTERS) return undefined;
  const address = LOOSE_IPV4.test(text) ? hostnameOf(text) : undefined;
  return canonicalAddress(text) ?? (address === undefined ? undefined : canonicalAddress(address));
}

/** Whether a name could be mistaken for an IPv4 address: its last label is a number (WHATWG URL §3.5, "ends in a number"). */
export function endsInNumber(name: string): boolean {
  return ENDS_IN_NUMBER.test(name);
}

/** The family of a canonical address; undefined for a host name. */
export function familyOf(host: string): Family | undefined {
  if (host.includes(":")) return 6;
  return isIpv4(host) ? 4 : undefined;
}

/** The 4 or 16 octets of a canonical address without a zone, in the network's order. */
export function addressOctets(address: string): readonly number[] {
  if (!address.includes(":")) return address.split(".").map(Number);
  const [before = [], after = []] = address
    .split("::")
    .map((half) => (half === "" ? [] : half.split(":")).flatMap(octetsOfGroup));
  return [...before, ...new Array<number>(IPV6_OCTETS - before.length - after.length).fill(0), ...after];
}

/** The host as the URL parser writes it: A-labels, lower case, canonical addresses. Undefined when it is not one. */
export function hostnameOf(host: string): string | undefined {
  return URL.parse(`http://${host}/`)?.hostname;
}

/** By hand: it is on the way of every probe, where compiling a regular expression or splitting the text shows. */
function isIpv4(text: string): boolean {
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (text[at] === "." && digits > 0) {
      dots += 1;
      octet = 0;
      digits = 0;
    } else {
      const hasLeadingZero = digits > 0 && octet === 0;
      octet = octet * 10 + digit;
      digits += 1;
      if (digit < 0 || digit > 9 || hasLeadingZero || octet > MAX_OCTET) return false;
    }
  }
  return dots === DOTS && digits > 0;
}

/** The two octets of one hexadecimal group of an IPv6 address. */
function octetsOfGroup(group: string): readonly number[] {
  const pair = Number.parseInt(group, 16);
  return [pair >> 8, pair & MAX_OCTET];
}

function mappedIpv4(address: string): string | undefined {
  const [, high, low] = MAPPED.exec(address) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return [high, low].flatMap(octetsOfGroup).join(".");
}
