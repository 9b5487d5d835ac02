import { canonicalAddress, type Family, familyOf } from "./address.ts";
import { descriptorShortage, isOwnFailure } from "./net/own-failure.ts";

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
  /** The host's addresses, canonical, the one to try first in front; without a family, of both. */
  addresses(host: string, family: Family | undefined): Promise<AddressLookup>;
}

/** The system's name servers and hosts file, through `Bun.dns.lookup`. */
export const systemResolver: Resolver = {
  async addresses(host, family) {
    try {
      const found = await Bun.dns.lookup(host, { family: family ?? 0 });
      return { kind: "found", addresses: canonical(found.map(({ address }) => address)) };
    } catch (error) {
      return explainLookupFailure(error);
    }
  },
};

/**
 * Addresses in the order in which to try them: the families take turns, beginning with that of the first address
 * (RFC 8305 §4); within a family the resolver's order stands.
 */
export function interleaveFamilies(addresses: readonly string[]): readonly string[] {
  if (addresses.length < 2) return addresses;
  const first = addresses[0] === undefined ? undefined : familyOf(addresses[0]);
  const leading = addresses.filter((address) => familyOf(address) === first);
  const other = addresses.filter((address) => familyOf(address) !== first);
  return leading.flatMap((address, at) => {
    const isLast = at === leading.length - 1;
    return [address, ...(isLast ? other.slice(at) : other.slice(at, at + 1))];
  });
}

function canonical(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.map((address) => canonicalAddress(address) ?? address))];
}

function explainLookupFailure(error: unknown): AddressLookup {
  const shortage = descriptorShortage();
  if (shortage !== undefined) return { kind: "no-resources", cause: shortage };
  const code = (error instanceof Error && "code" in error ? String(error.code) : "unknown").replace(
    /^DNS_/,
    "",
  );
  if (code === "ENOTFOUND" || code === "ENODATA") return { kind: "not-found" };
  return isOwnFailure(code) ? { kind: "no-resources", cause: code } : { kind: "dns-failure", cause: code };
}
