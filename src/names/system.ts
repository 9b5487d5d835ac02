import { descriptorShortage, isOwnFailure } from "../net/own-failure.ts";
import { canonicalAddress, type Family, familyOf } from "../text/address.ts";
import { codeOf } from "../text/errors.ts";

/** What came of looking a host name up. */
export type AddressLookup =
  | { readonly kind: "found"; readonly addresses: readonly string[] }
  | { readonly kind: "not-found" }
  | { readonly kind: "dns-failure"; readonly cause: string }
  | { readonly kind: "no-resources"; readonly cause: string };

/** The same within a limit. */
export type LimitedLookup = AddressLookup | { readonly kind: "timed-out"; readonly stage: "dns" };

/** Names into addresses. What a name server says is a value: a resolver rejects for nothing but a defect of its own. */
export interface Resolver {
  /**
   * The host's addresses, canonical, the one to try first in front; without a family, of both. A lookup that heeds the
   * signal rejects with its reason.
   */
  addresses(host: string, family: Family | undefined, signal?: AbortSignal): Promise<AddressLookup>;
}

/** How long both families are waited for together before each is asked for alone too. */
const ALONE_AFTER_MS = 500;

/**
 * The system's name servers and hosts file, through `Bun.dns.lookup`. Both families are asked for at once, even when
 * one is wanted: Bun 1.4.5 spins for 26 s when one alone meets a name server that refuses. But a name server that is
 * silent about one family holds the other back for 23 s; so after half a second each is asked for alone as well, and
 * the first that is found is taken.
 */
export const systemResolver: Resolver = {
  async addresses(host, family) {
    const lookup = await firstFound(host);
    if (lookup.kind !== "found" || family === undefined) return lookup;
    const addresses = lookup.addresses.filter((address) => familyOf(address) === family);
    return addresses.length === 0 ? { kind: "not-found" } : { kind: "found", addresses };
  },
};

/** The first to find something; when nobody does, what came of asking for both. */
function firstFound(host: string): Promise<AddressLookup> {
  return new Promise((resolve) => {
    const both = lookUp(host, 0);
    const timer = setTimeout(() => {
      for (const family of [4, 6] as const) {
        lookUp(host, family).then((lookup) => lookup.kind === "found" && resolve(lookup));
      }
    }, ALONE_AFTER_MS);
    both.then((lookup) => {
      clearTimeout(timer);
      resolve(lookup);
    });
  });
}

async function lookUp(host: string, family: Family | 0): Promise<AddressLookup> {
  try {
    const found = await Bun.dns.lookup(host, { family });
    return { kind: "found", addresses: canonical(found.map(({ address }) => address)) };
  } catch (error) {
    return explainLookupFailure(error);
  }
}

function canonical(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.map((address) => canonicalAddress(address) ?? address))];
}

function explainLookupFailure(error: unknown): AddressLookup {
  const shortage = descriptorShortage();
  if (shortage !== undefined) return { kind: "no-resources", cause: shortage };
  const code = (codeOf(error) ?? "unknown").replace(/^DNS_/, "");
  if (code === "ENOTFOUND" || code === "ENODATA") return { kind: "not-found" };
  return isOwnFailure(code) ? { kind: "no-resources", cause: code } : { kind: "dns-failure", cause: code };
}
