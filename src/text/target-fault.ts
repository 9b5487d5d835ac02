import { endsInNumber, hostnameOf } from "./address.ts";

/** Longest host name in text form: 255 octets on the wire (RFC 1035 §2.3.4) are 253 characters. */
export const MAX_NAME_CHARACTERS = 253;
/** Longer than any host, letters that A-labels leave out included: what is longer is not read at all. */
export const MAX_HOST_CHARACTERS = 1_024;

/** Longest label (RFC 1035 §2.3.4). */
const MAX_LABEL_CHARACTERS = 63;
const MAX_OCTET = 255;
const OCTETS = 4;
const OUTSIDE_NAMES = /[^a-z\d_.\u0080-\u{10ffff}-]/iu;

/** What is wrong with `[preference:]host[:port]`, in a few words; undefined when nothing can be singled out. */
export function targetFault(item: string): string | undefined {
  if (item.length > MAX_HOST_CHARACTERS) return "too long";
  if (item.includes("://")) return "it is a URL";
  const [, literal, behind = ""] = /^(?:\d+:)?(\[[^\]]*\]?)(.*)$/s.exec(item) ?? [];
  if (literal !== undefined) return behindFault(behind) ?? hostFault(literal);
  const parts = item.split(":");
  const [first = "", second, third] = parts;
  if (second === undefined) return hostFault(item);
  if (third !== undefined)
    return isNumber(first) ? (portFault(third) ?? hostFault(second)) : `"${first}" is no preference`;
  if (isNumber(first)) return hostFault(second);
  return second.includes(".") ? `"${first}" is no preference` : (portFault(second) ?? hostFault(first));
}

/** What is wrong with a host name or address, in a few words; undefined when nothing can be singled out. */
export function hostFault(host: string): string | undefined {
  if (host.length > MAX_HOST_CHARACTERS) return "too long";
  if (host === "") return "no host";
  if (host.startsWith("[")) return literalFault(host);
  if (isDotted(host)) return octetFault(host.split("."));
  const [outside] = OUTSIDE_NAMES.exec(host) ?? [];
  if (outside !== undefined) return `"${outside}" cannot stand in a name`;
  const name = (hostnameOf(host) ?? host).replace(/\.$/, "");
  if (endsInNumber(name)) return "a name cannot end in a number";
  return labelsFault(name.split(".")) ?? (name.length > MAX_NAME_CHARACTERS ? lengthFault(name) : undefined);
}

function behindFault(behind: string): string | undefined {
  if (behind === "") return undefined;
  return behind.startsWith(":") ? portFault(behind.slice(1)) : `"${behind}" behind the bracket`;
}

function portFault(port: string): string | undefined {
  if (port === "") return "no port behind the colon";
  return isNumber(port) ? undefined : `"${port}" is no port`;
}

function literalFault(host: string): string | undefined {
  const end = host.indexOf("]");
  if (end === -1) return "a bracket is not closed";
  if (end < host.length - 1) return `"${host.slice(end + 1)}" behind the bracket`;
  const inner = host.slice(1, -1);
  return (isDotted(inner) ? hostFault(inner) : undefined) ?? `"${inner}" is no address`;
}

function octetFault(octets: readonly string[]): string | undefined {
  const bad = octets.find((octet) => Number(octet) > MAX_OCTET);
  if (bad !== undefined) return `the octet ${bad} is larger than ${MAX_OCTET}`;
  if (octets.length !== OCTETS) return `an IPv4 address has ${OCTETS} octets, not ${octets.length}`;
  if (octets.includes("")) return "an octet is empty";
  const padded = octets.find((octet) => octet.length > 1 && octet.startsWith("0"));
  return padded === undefined ? undefined : `the octet ${padded} begins with a zero`;
}

function labelsFault(labels: readonly string[]): string | undefined {
  if (labels.includes("")) return "a label is empty";
  const long = labels.find((label) => label.length > MAX_LABEL_CHARACTERS);
  if (long !== undefined) return `a label has ${long.length} characters and may have ${MAX_LABEL_CHARACTERS}`;
  const hyphened = labels.find((label) => label.startsWith("-") || label.endsWith("-"));
  if (hyphened === undefined) return undefined;
  return `the label "${hyphened}" ${hyphened.startsWith("-") ? "begins" : "ends"} with a hyphen`;
}

function lengthFault(name: string): string {
  return `the name has ${name.length} characters and may have ${MAX_NAME_CHARACTERS}`;
}

function isDotted(text: string): boolean {
  return /^[\d.]+$/.test(text) && endsInNumber(text);
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}
