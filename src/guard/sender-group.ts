import { addressOctets, familyOf } from "../text/address.ts";

/** Fewest labels of a name whose first may be left out. */
const MIN_LABELS = 3;
/** The octets of an IPv4 address that tell hosts of a network apart, and those of an IPv6 address that do (RFC 4291 §2.5.1). */
const HOST_OCTETS_4 = 2;
const HOST_OCTETS_6 = 8;
/** Groups of an IPv6 address that a label has to hold: a single one is a number that a server may well have. */
const HELD_GROUPS = 2;

/**
 * The senders that count as one client, for pools send their retries from many addresses: the verified name without its
 * first label, unless that label holds the part of the address that tells hosts apart (`1-2-3-4.dsl.isp.example` is no
 * pool; `mail-ed1-f53.google.com`, with the last octet alone, is one); else the network, /24 or /64. The address is canonical.
 */
export function groupOf(address: string, name: string | null): string {
  const labels = (name ?? "").toLowerCase().replace(/\.$/, "").split(".");
  const [first = "", ...rest] = labels;
  if (labels.length >= MIN_LABELS && rest.every((label) => label !== "") && !holdsPart(first, address))
    return rest.join(".");
  return networkOf(address);
}

function networkOf(address: string): string {
  const octets = addressOctets(address.replace(/%.*$/, ""));
  if (familyOf(address) !== 6) return `${octets.slice(0, 3).join(".")}.0/24`;
  const groups = [0, 2, 4, 6].map((at) => (((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)).toString(16));
  return `${groups.join(":")}::/64`;
}

/** In decimal, with zeros in front or not, or in hexadecimal. */
function holdsPart(label: string, address: string): boolean {
  const octets = addressOctets(address.replace(/%.*$/, ""));
  const hex = octets.map((octet) => octet.toString(16).padStart(2, "0")).join("");
  if (familyOf(address) === 6) {
    const groups = hex.slice(-2 * HOST_OCTETS_6).match(/.{4}/g) ?? [];
    const runs = (label.match(/[\da-f]+/g) ?? []).map((run) => run.padStart(4, "0"));
    const held = groups.filter((group) => group !== "0000" && runs.includes(group));
    return held.length >= HELD_GROUPS || label.includes(hex.slice(-2 * HOST_OCTETS_6));
  }
  const numbers = (label.match(/\d+/g) ?? []).map(Number);
  const hosts = octets.slice(-HOST_OCTETS_4);
  return hosts.every((octet) => numbers.includes(octet)) || label.includes(hex.slice(-2 * HOST_OCTETS_4));
}
