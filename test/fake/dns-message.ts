/** The record types that a fake name server knows, with their numbers (RFC 1035 §3.2.2, RFC 3596 §2.1). */
const TYPE_NUMBERS = { A: 1, CNAME: 5, PTR: 12, MX: 15, AAAA: 28 } as const;

/** One of the record types that a fake name server knows. */
export type RecordType = keyof typeof TYPE_NUMBERS;

/** Response codes (RFC 1035 §4.1.1). */
const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

/** One of the response codes that a fake name server gives. */
export type Rcode = keyof typeof RCODES;

/** A question as it came in. */
export interface Question {
  readonly id: number;
  /** In lower case, in the notation of master files: `\DDD` for octets outside host names (RFC 1035 §5.1). */
  readonly name: string;
  /** Undefined for a type that the fake does not know. */
  readonly type: RecordType | undefined;
  /** Most octets that the asker takes over UDP: 512, or what its OPT record says (RFC 6891 §6.2.3). */
  readonly maxUdpOctets: number;
  /** The question section, to be given back as it is. */
  readonly section: Uint8Array;
}

/** One record of an answer. */
export interface ResourceRecord {
  /** A name as it is sent. */
  readonly owner: Uint8Array;
  readonly type: RecordType;
  readonly data: Uint8Array;
}

const HEADER_OCTETS = 12;
const IN = 1;
const OPT = 41;
const QR_RD_RA = 0x8180;
const TC = 0x0200;
const TTL_SECONDS = 60;

/** Reads a query of one question (RFC 1035 §4.1); undefined when it is none. */
export function readQuestion(packet: Uint8Array): Question | undefined {
  if (packet.length < HEADER_OCTETS) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (view.getUint16(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_OCTETS;
  for (let size = packet[at] ?? 0; size > 0; size = packet[at] ?? 0) {
    labels.push(decodeLabel(packet.subarray(at + 1, at + 1 + size)));
    at += 1 + size;
  }
  const end = at + 5;
  if (end > packet.length) return undefined;
  const number = view.getUint16(at + 1);
  const hasOpt = view.getUint16(10) > 0 && end + 5 <= packet.length && view.getUint16(end + 1) === OPT;
  return {
    id: view.getUint16(0),
    name: labels.join(".").toLowerCase(),
    type: recordTypes().find((type) => TYPE_NUMBERS[type] === number),
    maxUdpOctets: hasOpt ? Math.max(512, view.getUint16(end + 3)) : 512,
    section: packet.slice(HEADER_OCTETS, end),
  };
}

/** Writes a reply to a question (RFC 1035 §4.1); one that is cut short has the TC bit and no answers. */
export function writeReply(
  { id, section }: Pick<Question, "id" | "section">,
  rcode: Rcode,
  answers: readonly ResourceRecord[],
  isCutShort = false,
): Uint8Array {
  const shown = isCutShort ? [] : answers;
  const header = [id, QR_RD_RA | (isCutShort ? TC : 0) | RCODES[rcode], 1, shown.length, 0, 0];
  return join(...header.map(twoOctets), section, ...shown.map(writeRecord));
}

/** The question section that asks for a name (RFC 1035 §4.1.2). */
export function questionSection(name: string, type: RecordType): Uint8Array {
  return join(encodeName(name), twoOctets(TYPE_NUMBERS[type]), twoOctets(IN));
}

/** A name in the notation of master files as labels (RFC 1035 §3.1); lengths are not checked, so it may be too long. */
export function encodeName(name: string): Uint8Array {
  const octets: number[] = [];
  let label: number[] = [];
  for (const [whole, decimal, quoted] of name.matchAll(/\\(\d{3})|\\(.)|[^\\]/gs)) {
    if (whole === ".") {
      if (label.length > 0) octets.push(label.length, ...label);
      label = [];
    } else if (decimal === undefined) {
      label.push(...Buffer.from(quoted ?? whole));
    } else {
      label.push(Number(decimal));
    }
  }
  if (label.length > 0) octets.push(label.length, ...label);
  return Uint8Array.from([...octets, 0]);
}

/** The data of an MX record (RFC 1035 §3.3.9). */
export function encodeExchange(preference: number, exchange: string): Uint8Array {
  return join(twoOctets(preference), encodeName(exchange));
}

/** The data of an A or AAAA record; of IPv6 any spelling without a dotted quad. */
export function encodeAddress(address: string): Uint8Array {
  if (!address.includes(":")) return Uint8Array.from(address.split(".").map(Number));
  const [left = [], right = []] = address
    .split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = address.includes("::") ? new Array<string>(8 - left.length - right.length).fill("0") : [];
  return join(...[...left, ...zeros, ...right].map((group) => twoOctets(Number.parseInt(group, 16))));
}

/** A name that points to itself (RFC 1035 §4.1.4), for the first record after a question section. */
export function pointerLoop(section: Uint8Array): Uint8Array {
  return twoOctets(0xc000 | (HEADER_OCTETS + section.length));
}

/** Octets put together. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** A number in two octets, the higher first. */
export function twoOctets(number: number): Uint8Array {
  return Uint8Array.of(number >> 8, number & 255);
}

function writeRecord({ owner, type, data }: ResourceRecord): Uint8Array {
  const head = [TYPE_NUMBERS[type], IN, 0, TTL_SECONDS, data.length].map(twoOctets);
  return join(owner, ...head, data);
}

function decodeLabel(octets: Uint8Array): string {
  return Array.from(octets, (octet) => {
    const character = String.fromCharCode(octet);
    return /[\w-]/.test(character) ? character : `\\${String(octet).padStart(3, "0")}`;
  }).join("");
}

function recordTypes(): readonly RecordType[] {
  return ["A", "CNAME", "PTR", "MX", "AAAA"];
}
