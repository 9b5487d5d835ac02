import { canonicalAddress, endsInNumber, hostnameOf } from "./address.ts";
import { cannotRead, type UsageError } from "./errors.ts";
import { MAX_HOST_CHARACTERS, MAX_NAME_CHARACTERS, targetFault } from "./target-fault.ts";

/** One server as the user named it. */
export interface Target {
  /** As it was given, without preference and port: what is printed. */
  readonly server: string;
  /**
   * What is looked up and compared: A-labels in lower case, or a canonical address. A trailing dot is left to a name of
   * one label alone, which without it may be searched for in other domains.
   */
  readonly host: string;
  readonly port: number;
  /** MX order, lower first (RFC 1035 §3.3.9); null when none was given. */
  readonly preference: number | null;
  /** The mail domain that it is an exchanger of; left out for a server that was named itself. */
  readonly domain?: string;
  /** The host's name, where {@link host} is one of its addresses that was looked up; left out otherwise. */
  readonly name?: string;
  /** How many more addresses that name has, which are not asked because there are too many; left out for none. */
  readonly othersLeftOut?: number;
}

/** In front of the path of a unix socket, as a host: it has no port then (0). */
const SOCKET_PATH = "unix:";
/** Longest path of a unix socket, in octets: `sun_path` of unix(7) without its final NUL. */
const MAX_SOCKET_PATH_OCTETS = 107;

/** Whether a host is a unix socket. */
export function isSocketPath(host: string): boolean {
  return host.startsWith(SOCKET_PATH);
}

/** The path of a host that is a unix socket. */
export function pathOf(host: string): string {
  return host.slice(SOCKET_PATH.length);
}

/** Largest preference: 16 bits (RFC 1035 §3.3.9). */
const MAX_PREFERENCE = 65_535;
/** Largest TCP port: 16 bits (RFC 9293 §3.1). */
export const MAX_PORT = 65_535;

const SHAPE = /^(?:(\d+):)?(\[[^[\]]*\]|[^:[\]]*)(?::(\d+))?$/;
const WANTED = "[preference:]host[:port], such as 10:mx1.example.org or 10:[2001:db8::1]:2525";
const NAME = /^(?!-)(?:[a-z\d_-]{1,63}(?<!-)(?:\.(?!-|$)|$))+$/;
const ASCII_OUTSIDE_NAMES = /[^a-z\d_.\u0080-\u{10ffff}-]/iu;

/**
 * Reads the servers of one argument; several may be separated by commas, blanks or newlines.
 * @throws {UsageError} when one of them is not a server.
 */
export function parseTargets(argument: string, defaultPort: number): readonly Target[] {
  const targets: Target[] = [];
  for (const item of argument.split(/[\s,]+/)) if (item !== "") targets.push(parseTarget(item, defaultPort));
  return targets;
}

function parseTarget(item: string, defaultPort: number): Target {
  if (item.length > MAX_HOST_CHARACTERS) throw notATarget(item);
  const address = canonicalAddress(item);
  if (address !== undefined) return { server: item, host: address, port: defaultPort, preference: null };
  if (isSocketPath(item)) return parseSocketPath(item);

  const [, preference, server, port] = SHAPE.exec(item) ?? [];
  const host = server === undefined ? undefined : parseHost(server);
  if (server === undefined || host === undefined) throw notATarget(item);
  return {
    server,
    host,
    port: port === undefined ? defaultPort : parsePort(port),
    preference: preference === undefined ? null : parsePreference(preference, item),
  };
}

function parseSocketPath(item: string): Target {
  const octets = Buffer.byteLength(pathOf(item));
  const want = `${SOCKET_PATH} and an absolute path of at most ${MAX_SOCKET_PATH_OCTETS} octets`;
  if (octets > MAX_SOCKET_PATH_OCTETS) throw cannotRead(item, "a server", want, "too long");
  if (!pathOf(item).startsWith("/") || item.includes("\0")) throw cannotRead(item, "a server", want);
  return { server: item, host: item, port: 0, preference: null };
}

/**
 * A host in the form in which hosts are looked up and compared ({@link Target.host}); undefined when it is none. Reads names (a trailing
 * dot and non-ASCII letters included), addresses, and address literals in brackets (RFC 5321 §4.1.3).
 */
export function parseHost(text: string): string | undefined {
  if (text.length > MAX_HOST_CHARACTERS) return undefined;
  if (text.startsWith("[")) return parseLiteral(text);
  const address = canonicalAddress(text);
  if (address !== undefined) return address;
  if (ASCII_OUTSIDE_NAMES.test(text)) return undefined;
  const spelled = /^[\0-\x7f]*$/.test(text) ? text.toLowerCase() : (hostnameOf(text) ?? "");
  const name = spelled.replace(/\.$/, "");
  if (!NAME.test(name) || name.length > MAX_NAME_CHARACTERS || endsInNumber(name)) return undefined;
  return name.includes(".") ? name : spelled;
}

/**
 * Reads a TCP port.
 * @throws {UsageError} unless it is a whole number from 1 to 65535.
 */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= MAX_PORT) return port;
  throw cannotRead(text, "a port", `1 to ${MAX_PORT}`, port > MAX_PORT ? "too large" : undefined);
}

function parseLiteral(text: string): string | undefined {
  const [, tag, inner = ""] = /^\[(IPv6:)?(.*)\]$/i.exec(text) ?? [];
  if (tag !== undefined && !inner.includes(":")) return undefined;
  return canonicalAddress(inner);
}

function parsePreference(text: string, item: string): number {
  const preference = Number(text);
  if (preference <= MAX_PREFERENCE) return preference;
  const want = `a preference from 0 to ${MAX_PREFERENCE} before the colon`;
  throw cannotRead(item, "a server", want, `${text} is too large`);
}

function notATarget(item: string): UsageError {
  const isBareIpv6 = item.split(":", 4).length > 3 && !item.includes("[");
  return isBareIpv6 && item.length <= MAX_HOST_CHARACTERS
    ? cannotRead(item, "a server", "an IPv6 address in brackets, such as 10:[2001:db8::1]:25")
    : cannotRead(item, "a server", WANTED, targetFault(item));
}
