import type { Endpoint } from "../net/endpoint.ts";
import type { Family } from "../text/address.ts";
import type { Exchanger } from "./exchanger-list.ts";
import type { Self } from "./self.ts";

/** One address of an exchanger that stands before us. */
export interface Candidate {
  readonly server: string;
  readonly endpoint: Endpoint;
}

/** Why nobody need be asked: the domain has no exchangers, we are not among them, nobody is before us, or none of those has an address to probe. */
export type NoCandidates = "no-exchangers" | "not-listed" | "none-before-us" | "nothing-to-probe";

/** Where a client is, and whom it is connected to. */
export interface Vantage {
  readonly family: Family;
  /** Our address that it is connected to, canonical. */
  readonly own: string | undefined;
}

/** How addresses are met. */
export interface MeetingTerms {
  readonly self: Self;
  readonly port: number;
  /** For demos and trials. */
  readonly mayProbeLoopback: boolean;
}

/** Unspecified, "this network" and multicast addresses, and the one of all (RFC 1122 §3.2.1.3, RFC 4291 §2.4). */
const NOBODY = /^(?:0\.|22[4-9]\.|23\d\.|255\.255\.255\.255$|::(?:%|$)|ff[\da-f]{2}:)/;
const LOOPBACK = /^(?:127\.|::1(?:%|$))/;

/**
 * The addresses that a client like this one could have sent to, the best exchanger's in front: those of exchangers
 * strictly more preferred than the least preference among those that are us. An IPv6 client is counted where an
 * exchanger has no IPv6 address at all as one that goes there by IPv4; no other goes by another family.
 */
export function candidatesOf(
  exchangers: readonly Exchanger[],
  { family, own }: Vantage,
  { self, port, mayProbeLoopback }: MeetingTerms,
): readonly Candidate[] | NoCandidates {
  if (exchangers.length === 0) return "no-exchangers";
  const ours = exchangers.filter((exchanger) => self.is(exchanger, own));
  if (ours.length === 0) return "not-listed";
  const least = Math.min(...ours.map(({ preference }) => preference));
  const before = exchangers.filter(({ preference }) => preference < least);
  if (before.length === 0) return "none-before-us";
  const mayBeMet = (address: string) =>
    !NOBODY.test(address) && (mayProbeLoopback || !LOOPBACK.test(address)) && !self.hasAddress(address, own);
  const candidates = before.flatMap(({ name, addresses, isIpv4Alone }) => {
    const reached = addresses[family === 6 && isIpv4Alone ? 4 : family];
    return reached.filter(mayBeMet).map((address) => ({ server: name, endpoint: { address, port } }));
  });
  return candidates.length === 0 ? "nothing-to-probe" : candidates;
}
