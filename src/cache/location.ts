import { cannotRead, type UsageError } from "../text/errors.ts";

/** Where a cache is kept: in a file, in a Redis or Valkey server, or in the memory of this process alone. `shown` names it in messages, without a password. */
export type Location =
  | { readonly kind: "file"; readonly path: string; readonly shown: string }
  | { readonly kind: "server"; readonly url: string; readonly shown: string }
  | { readonly kind: "memory"; readonly shown: string };

const WANTED = "a file path, redis://host[:port][/database], rediss:// or redis+unix:///path";
const MEMORY = "memory:";
const URL_SHAPE = /^([a-z][a-z\d+.-]*)(:.*)$/is;

/** The schemes accepted, each as `Bun.RedisClient` spells it. */
const SCHEMES: ReadonlyMap<string, string> = new Map([
  ["redis", "redis"],
  ["valkey", "redis"],
  ["rediss", "rediss"],
  ["valkeys", "rediss"],
  ["redis+tls", "rediss"],
  ["valkey+tls", "rediss"],
  ["unix", "redis+unix"],
  ["redis+unix", "redis+unix"],
  ["valkey+unix", "redis+unix"],
  ["redis+tls+unix", "redis+tls+unix"],
  ["valkey+tls+unix", "redis+tls+unix"],
]);

/**
 * Reads a cache location: a file path, the URL of a Redis or Valkey server, or `memory:`.
 * @throws {UsageError} when it is empty, or a URL that names no such server.
 */
export function parseLocation(text: string): Location {
  if (text === "" || text.includes("\0")) throw notALocation(text);
  if (text === MEMORY) return { kind: "memory", shown: text };
  const [, scheme = "", rest = ""] = URL_SHAPE.exec(text) ?? [];
  const bunScheme = SCHEMES.get(scheme.toLowerCase());
  if (bunScheme === undefined && SCHEMES.has(text.split("//", 1).join("").toLowerCase()))
    throw notALocation(text);
  if (bunScheme === undefined && !rest.startsWith("://")) return { kind: "file", path: text, shown: text };
  const place = bunScheme?.endsWith("unix") ? parseSocket(rest) : parseServer(rest);
  if (bunScheme === undefined || place === undefined) throw notALocation(text);
  return { kind: "server", url: `${bunScheme}://${place.full}`, shown: `${scheme}://${place.shown}` };
}

interface Place {
  readonly full: string;
  readonly shown: string;
}

function parseServer(rest: string): Place | undefined {
  const url = URL.parse(`redis${rest}`);
  if (url === null || url.hostname === "" || !/^(?:\/\d{0,5})?$/.test(url.pathname)) return undefined;
  return placeOf(url, url.host);
}

/** Bun wants a host in front of the path when there are credentials; any will do. */
function parseSocket(rest: string): Place | undefined {
  const url = URL.parse(`redis${rest.replace(/^(:\/\/(?:[^/]*@)?)\//, "$1localhost/")}`);
  if (url === null || url.host !== "localhost" || url.pathname.length < 2) return undefined;
  return placeOf(url, "");
}

function placeOf(url: URL, shownHost: string): Place | undefined {
  const { username, password, host, pathname, search, hash } = url;
  if (search !== "" || hash !== "") return undefined;
  const isOpen = username === "" && password === "";
  return {
    full: `${isOpen ? "" : `${username}:${password}@`}${host}${pathname}`,
    shown: `${isOpen ? "" : "…@"}${shownHost}${pathname}`,
  };
}

/** Whatever may be a password is left out, mistyped ones too: what stands before an `@`, or beside a colon of its own. */
function notALocation(text: string): UsageError {
  const [, start = "", rest = ""] = /^([a-z][a-z\d+.-]*:?\/*)?(.*)$/is.exec(text) ?? [];
  const behind = rest.slice(rest.lastIndexOf("@") + 1).replace(/[?#].*$/s, "?…");
  const shown = `${start}${rest.includes("@") ? "…@" : ""}${behind.includes(":") ? "…" : behind}`;
  return cannotRead(shown, "a cache location", WANTED);
}
