import { familyOf } from "../../text/address.ts";
import { parseHost } from "../../text/target.ts";
import type { Parameters } from "./parameters.ts";

/** The domains that `relay_domains` names itself: no tables, files, patterns, exceptions or names without a dot. */
export function relayDomains(parameters: Parameters): readonly string[] {
  const named = parameters.words("relay_domains").filter((word) => /^[^.!/:{}$]+\.[^/:{}$]+$/.test(word));
  const hosts = named.flatMap((word) => parseHost(word) ?? []);
  return [...new Set(hosts)].filter((host) => familyOf(host) === undefined);
}
