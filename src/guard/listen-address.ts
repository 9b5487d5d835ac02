import { canonicalAddress, familyOf } from "../text/address.ts";
import { cannotRead } from "../text/errors.ts";
import { parseHost } from "../text/target.ts";

/** Where a protocol is spoken. */
export type ListenAddress =
  | {
      readonly kind: "unix";
      readonly path: string;
      readonly mode: number | undefined;
      /** A name or a number; null for who we run as. */
      readonly owner: string | null;
      readonly group: string | null;
    }
  | { readonly kind: "inet"; readonly host: string; readonly port: number }
  | { readonly kind: "descriptor"; readonly descriptor: number }
  | { readonly kind: "stdio" };

/** Longest path of a unix socket, in octets (unix(7)). */
const MAX_PATH_OCTETS = 107;
const MAX_PORT = 65_535;
/** The first descriptor that a service manager hands over (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3;
const MAX_DESCRIPTOR = 1_023;
const WANTED = "unix:/path?mode=0660&owner=NAME&group=NAME, inet:127.0.0.1:10040, fd:3 or stdio";

/**
 * Reads an address to listen on.
 * @throws {UsageError} when it is none.
 */
export function parseListenAddress(text: string): ListenAddress {
  const [, scheme, rest = ""] = /^(unix|inet|fd):(.*)$/s.exec(text) ?? [];
  if (text === "stdio") return { kind: "stdio" };
  const address =
    scheme === "unix" ? parseUnix(rest) : scheme === "inet" ? parseInet(rest) : parseDescriptor(scheme, rest);
  if (typeof address === "object") return address;
  throw cannotRead(text, "an address to listen on", WANTED, address);
}

/** The address, or what is wrong with it. */
function parseUnix(rest: string): ListenAddress | string | undefined {
  const [path = "", query, ...more] = rest.split("?");
  if (!path.startsWith("/")) return "the path is not absolute";
  if (path.includes("\0") || more.length > 0) return undefined;
  if (Buffer.byteLength(path) > MAX_PATH_OCTETS) return `the path is longer than ${MAX_PATH_OCTETS} octets`;
  const terms = new Map<string, string>();
  for (const term of query === undefined ? [] : query.split("&")) {
    const [, name = "", value = ""] = /^(mode|owner|group)=([\w.-]+)$/.exec(term) ?? [];
    if (name === "" || terms.has(name)) return `"${term}" behind the path`;
    terms.set(name, value);
  }
  const mode = terms.get("mode");
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode)) return `"${mode}" is no mode`;
  return {
    kind: "unix",
    path,
    mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
    owner: terms.get("owner") ?? null,
    group: terms.get("group") ?? null,
  };
}

function parseInet(rest: string): ListenAddress | undefined {
  const [, bracketed, plain = "", port = ""] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(rest) ?? [];
  const host = bracketed === undefined ? parseHost(plain) : canonicalAddress(bracketed);
  const isRight = host !== undefined && (bracketed === undefined || familyOf(host) === 6);
  return isRight && Number(port) <= MAX_PORT ? { kind: "inet", host, port: Number(port) } : undefined;
}

function parseDescriptor(scheme: string | undefined, rest: string): ListenAddress | undefined {
  const descriptor = Number(rest);
  const isOne =
    scheme === "fd" && /^\d+$/.test(rest) && descriptor >= FIRST_DESCRIPTOR && descriptor <= MAX_DESCRIPTOR;
  return isOne ? { kind: "descriptor", descriptor } : undefined;
}
