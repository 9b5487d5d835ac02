import { type Family, familyOf } from "../text/address.ts";

/** What came of asking for a host's addresses of one family. */
export type AddressLookup =
  | { readonly kind: "found"; readonly addresses: readonly string[] }
  | { readonly kind: "not-found" }
  | { readonly kind: "dns-failure"; readonly cause: string }
  | { readonly kind: "no-resources"; readonly cause: string };

/** Names into addresses. What a name server says is a value: a resolver rejects for nothing but a defect of its own. */
export interface Resolver {
  /**
   * The host's addresses of one family, canonical, the one to try first in front. A host that ends with a dot is
   * absolute though it has no other. A lookup that heeds the signal rejects with its reason.
   */
  addresses(host: string, family: Family, signal?: AbortSignal): Promise<AddressLookup>;
}

/** Addresses of both families as the answer for one. */
export function ofFamily(addresses: readonly string[], family: Family): AddressLookup {
  const wanted = addresses.filter((address) => familyOf(address) === family);
  return wanted.length > 0 ? { kind: "found", addresses: wanted } : { kind: "not-found" };
}

/** Names that no name server is asked for (RFC 6761 §6.3). */
const LOCALHOST = /(?:^|\.)localhost\.?$/;

/** The addresses of a host that is clear without asking anybody: one that is an address, or `localhost`. */
export function withoutAsking(host: string, family: Family): AddressLookup | undefined {
  if (familyOf(host) !== undefined) return ofFamily([host], family);
  return LOCALHOST.test(host) ? ofFamily(["::1", "127.0.0.1"], family) : undefined;
}

/** Asks for one family. */
type Ask = (host: string, family: Family, signal?: AbortSignal) => Promise<AddressLookup>;

/**
 * Asks for both families of a host at once, whichever is wanted, and gives whoever asks for the other one meanwhile,
 * under the same signal, that answer: Bun 1.4.5 does not notice that a name server's port refuses (ICMP) until
 * something else is sent there, and waits in a busy loop for up to 26 s.
 */
export function askingBothAtOnce(ask: Ask): Ask {
  let pending: WeakMap<AbortSignal, Map<string, Promise<AddressLookup>>> | undefined;
  return (host, family, signal) => {
    const those = signal === undefined ? undefined : pending?.get(signal);
    const shared = those ?? new Map<string, Promise<AddressLookup>>();
    if (signal !== undefined) {
      pending ??= new WeakMap();
      pending.set(signal, shared);
    }
    const [key, other] = [`${host} ${family}`, `${host} ${family === 4 ? 6 : 4}`];
    const alongBefore = shared.get(key);
    if (alongBefore !== undefined) {
      shared.delete(key);
      return alongBefore;
    }
    const [asked, along] = [ask(host, family, signal), ask(host, family === 4 ? 6 : 4, signal)];
    shared.set(other, along);
    const forget = () => {
      if (shared.get(other) === along) shared.delete(other);
    };
    along.then(forget, forget);
    return asked;
  };
}
