import {
  encodeAddress,
  encodeExchange,
  encodeName,
  pointerLoop,
  type Question,
  questionSection,
  type Rcode,
  type RecordType,
  type ResourceRecord,
  writeReply,
} from "./dns-message.ts";

/** What a name server may do instead of answering. */
type Refusal = "NXDOMAIN" | "SERVFAIL" | "REFUSED" | "silent";

/**
 * How an answer is spoilt.
 * - `truncated`: the TC bit over UDP, all of it over TCP; `truncated-tcp-closes`, `truncated-tcp-silent`: not even there
 * - `bare-cname`: the CNAME without what it points to
 * - `another-question`, `another-id`: as if it were the answer to something else
 * - `forged-first`: one with another id and other data, then the true one
 * - `cut`: the last third of the packet is missing; `pointer-loop`: a name in it points to itself (RFC 1035 §4.1.4)
 * - `first-a-lost`: the first question for IPv4 addresses is not answered
 * - `held`: not before the test releases it
 */
export type Manner =
  | "truncated"
  | "truncated-tcp-closes"
  | "truncated-tcp-silent"
  | "bare-cname"
  | "another-question"
  | "another-id"
  | "forged-first"
  | "cut"
  | "pointer-loop"
  | "first-a-lost"
  | "held";

/** What there is at one name; a type that is left out is NODATA (RFC 2308 §2.2). */
export interface Entry {
  readonly A?: readonly string[] | Refusal;
  readonly AAAA?: readonly string[] | Refusal;
  /** Preference and exchange; a null MX is `[0, "."]`. */
  readonly MX?: readonly (readonly [number, string])[] | Refusal;
  readonly CNAME?: string;
  readonly PTR?: string;
  readonly manner?: Manner;
}

/**
 * Names, in lower case without the last dot, to what there is; `*` stands for every other name, which is NXDOMAIN
 * without it. Names may have `\DDD` for octets (RFC 1035 §5.1). Fit for JSON.
 */
export type Zone = Readonly<Record<string, Entry | Refusal>>;

/** How a question came in, and how its answer leaves. */
export type Transport = "udp" | "tcp";

/** The packets that a question is answered with: one, none for silence, two for a forgery; or the connection's end. */
export type Answer = readonly Uint8Array[] | "close";

interface Found {
  readonly rcode: Rcode;
  readonly records: readonly ResourceRecord[];
}

const FORGED: Readonly<Record<RecordType, Uint8Array>> = {
  A: encodeAddress("192.0.2.66"),
  AAAA: encodeAddress("2001:db8::66"),
  MX: encodeExchange(0, "forged.test"),
  CNAME: encodeName("forged.test"),
  PTR: encodeName("forged.test"),
};

/** How what there is at a name is spoilt, if it is. */
export function mannerAt(zone: Zone, name: string): Manner | undefined {
  const entry = entryAt(zone, name);
  return typeof entry === "string" ? undefined : entry.manner;
}

/** Answers a question from a zone. */
export function answer(zone: Zone, question: Question, transport: Transport): Answer {
  const found = find(zone, question);
  if (found === undefined) return [];
  const { rcode, records } = found;
  const whole = writeReply(question, rcode, records);
  const cutShort = writeReply(question, rcode, records, true);
  switch (mannerAt(zone, question.name)) {
    case "truncated":
      return [transport === "udp" ? cutShort : whole];
    case "truncated-tcp-closes":
      return transport === "udp" ? [cutShort] : "close";
    case "truncated-tcp-silent":
      return transport === "udp" ? [cutShort] : [];
    case "another-question": {
      const owner = encodeName("another.test");
      const section = questionSection("another.test", question.type ?? "A");
      return [
        writeReply(
          { ...question, section },
          rcode,
          records.map((record) => ({ ...record, owner })),
        ),
      ];
    }
    case "another-id":
      return [writeReply({ ...question, id: question.id ^ 1 }, rcode, records)];
    case "forged-first": {
      const forged = records.map((record) => ({ ...record, data: FORGED[record.type] }));
      return [writeReply({ ...question, id: question.id ^ 1 }, rcode, forged), whole];
    }
    case "cut":
      return [whole.subarray(0, Math.ceil((whole.length * 2) / 3))];
    case "pointer-loop": {
      const owner = pointerLoop(question.section);
      return [
        writeReply(
          question,
          rcode,
          records.map((record) => ({ ...record, owner })),
        ),
      ];
    }
    case "bare-cname":
    case "first-a-lost":
    case "held":
    case undefined:
      return [transport === "udp" && whole.length > question.maxUdpOctets ? cutShort : whole];
  }
}

/** Follows CNAMEs inside the zone, as a name server does (RFC 1034 §4.3.2); undefined for silence. */
function find(zone: Zone, { name: asked, type }: Question): Found | undefined {
  const records: ResourceRecord[] = [];
  const seen = new Set<string>();
  for (let name = asked; !seen.has(name); ) {
    seen.add(name);
    const entry = entryAt(zone, name);
    if (entry === "silent") return undefined;
    if (typeof entry === "string") return { rcode: entry, records };
    const owner = encodeName(name);
    if (entry.CNAME === undefined || type === "CNAME") {
      const data = type === undefined ? [] : dataAt(entry, type);
      if (data === "silent") return undefined;
      if (typeof data === "string") return { rcode: data, records };
      if (type !== undefined) records.push(...data.map((octets) => ({ owner, type, data: octets })));
      break;
    }
    records.push({ owner, type: "CNAME", data: encodeName(entry.CNAME) });
    if (entry.manner === "bare-cname") break;
    name = entry.CNAME.replace(/\.$/, "").toLowerCase();
  }
  return { rcode: "NOERROR", records };
}

function dataAt(entry: Entry, type: RecordType): readonly Uint8Array[] | Refusal {
  switch (type) {
    case "A":
    case "AAAA": {
      const addresses = entry[type] ?? [];
      return typeof addresses === "string" ? addresses : addresses.map(encodeAddress);
    }
    case "MX": {
      const exchanges = entry.MX ?? [];
      return typeof exchanges === "string"
        ? exchanges
        : exchanges.map(([preference, exchange]) => encodeExchange(preference, exchange));
    }
    case "CNAME":
    case "PTR": {
      const name = entry[type];
      return name === undefined ? [] : [encodeName(name)];
    }
  }
}

function entryAt(zone: Zone, name: string): Entry | Refusal {
  return zone[name] ?? zone["*"] ?? "NXDOMAIN";
}
