import { descriptorShortage, isOwnFailure } from "../net/own-failure.ts";
import { canonicalAddress } from "../text/address.ts";
import { codeOf } from "../text/errors.ts";
import { inWords, NO_NAME_SERVER } from "./answer.ts";
import { addressesInHostsFile } from "./hosts-file.ts";
import { type AddressLookup, askingBothAtOnce, ofFamily, type Resolver, withoutAsking } from "./resolver.ts";

/** Each family by itself: an answer for both has one family's addresses though the question for the other was lost. */
export const lookUp = askingBothAtOnce(async (host, family) => {
  try {
    const found = await Bun.dns.lookup(absolute(host), { family });
    const addresses = found.map(({ address }) => canonicalAddress(address) ?? address);
    return { kind: "found", addresses: [...new Set(addresses)] };
  } catch (error) {
    return explainLookupFailure(error);
  }
});

/**
 * The hosts file, then the system's name servers, through `Bun.dns.lookup`. A name with a dot is absolute: the search
 * list of resolv.conf(5) makes a name that does not exist into another that does, and counts for a name without one.
 * What was asked cannot be given up, and keeps a process alive for up to 24 s: for one that ends with its answer.
 */
export const systemResolver: Resolver = hostsFileOr(lookUp);

/** The hosts file, then whoever is asked. */
export function hostsFileOr(ask: Resolver["addresses"]): Resolver {
  return {
    async addresses(host, family, signal) {
      const listed = await addressesInHostsFile(host.replace(/\.$/, ""));
      if (listed.length > 0) return ofFamily(listed, family);
      return withoutAsking(host, family) ?? ask(host, family, signal);
    },
  };
}

function absolute(host: string): string {
  return host.includes(".") && !host.endsWith(".") ? `${host}.` : host;
}

function explainLookupFailure(error: unknown): AddressLookup {
  const shortage = descriptorShortage();
  if (shortage !== undefined) return { kind: "no-resources", cause: shortage };
  const code = (codeOf(error) ?? "unknown").replace(/^DNS_/, "");
  if (code === "ENOTFOUND" || code === "ENODATA") return { kind: "not-found" };
  const cause = inWords(code);
  return { kind: isOwnFailure(code) || cause === NO_NAME_SERVER ? "no-resources" : "dns-failure", cause };
}
