import { type Addresses, thisMachine } from "../../check/stop-hosts.ts";
import type { Resolver } from "../../names/resolver.ts";
import { addressesFound } from "../../probe/lookups.ts";
import { canonicalAddressOfAnySpelling, familyOf } from "../../text/address.ts";
import { parseHost } from "../../text/target.ts";
import { lookUpHost } from "./host-lookup.ts";
import type { Parameters } from "./parameters.ts";

/** Who we are among the exchangers of a domain. */
export interface OwnHosts {
  readonly names: ReadonlySet<string>;
  readonly addresses: Addresses;
  /** What was looked for, as words. */
  readonly shown: readonly string[];
}

/** Words of `inet_interfaces` that stand for interfaces which main.cf does not name. */
const UNNAMED: ReadonlySet<string> = new Set(["all", "loopback-only"]);

/**
 * Who this Postfix is: by `myhostname`, `inet_interfaces` and `proxy_interfaces`, by the hosts given, and where it runs
 * here and listens on every interface, by this machine's own. A name that cannot be looked up counts as a name.
 */
export async function ownHosts(
  parameters: Parameters,
  stop: readonly string[],
  isHere: boolean,
  resolver: Resolver,
): Promise<OwnHosts> {
  const interfaces = parameters.words("inet_interfaces");
  const words = [
    ...stop,
    ...parameters.words("myhostname"),
    ...parameters.words("proxy_interfaces"),
    ...interfaces.filter((word) => !UNNAMED.has(word)),
  ].map((word) => word.replace(/^\[(.*)\]$/, "$1"));
  const hosts = [
    ...new Set(words.flatMap((word) => canonicalAddressOfAnySpelling(word) ?? parseHost(word) ?? [])),
  ];
  const lookUp = (host: string) => lookUpHost(host, resolver);
  const lookups = await Promise.all(hosts.filter((host) => familyOf(host) === undefined).map(lookUp));
  const found = addressesFound(lookups.flat());
  const named = new Set([...hosts, ...found]);
  if (!isHere || !interfaces.includes("all"))
    return { names: new Set(hosts), addresses: named, shown: hosts };
  const machine = thisMachine(lookUp);
  const own = await machine.addresses;
  return {
    names: new Set([...hosts, ...machine.names]),
    addresses: { has: (address) => named.has(address) || own.has(address) },
    shown: [...hosts, "the addresses of this machine"],
  };
}
