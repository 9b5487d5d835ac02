import { deadline } from "../limits/abort.ts";
import type { Deadlines } from "../limits/deadline.ts";
import { RollingDeadline } from "../limits/rolling-deadline.ts";
import {
  type ExchangeResolver,
  type MailExchanger,
  MxLookupError,
  resolveExchanges,
} from "../names/exchanges.ts";
import type { AddressLookup, Resolver } from "../names/resolver.ts";
import type { Family } from "../text/address.ts";

/** Most exchangers of a domain, and addresses of an exchanger, that count. */
const MAX_EXCHANGERS = 32;
const MAX_ADDRESSES = 8;
/** How long a domain's exchangers may be looked up. */
const EXCHANGERS_MS = 15_000;
/** A name that is not looked up by then is neither us nor up: the others of the list must not wait for it. */
const ADDRESSES_MS = 4_000;

const SIX: readonly Family[] = [6];
const FOUR: readonly Family[] = [4];

/** Names into exchangers and addresses. */
export type GuardResolver = Resolver & ExchangeResolver;

/** One exchanger of a domain, with what it was looked up to; no addresses where that failed. */
export interface Exchanger {
  readonly preference: number;
  /** As it is looked up and shown, without a final dot; what the record has where that is no host name. */
  readonly name: string;
  readonly addresses: Readonly<Record<Family, readonly string[]>>;
  /** Whether it is known to have no IPv6 address at all, and not only that none was found out. */
  readonly isIpv4Alone: boolean;
  /** The families that could not be looked up. */
  readonly failed: readonly Family[];
}

/** The exchangers of a domain, the most preferred first. A domain without MX records, or with a null MX, has none that counts here. */
export type ExchangerList =
  | { readonly kind: "found"; readonly exchangers: readonly Exchanger[] }
  | { readonly kind: "failed"; readonly cause: string };

/** How long lookups may take, whenever they begin. */
export interface LookupTimes {
  readonly exchangers: RollingDeadline;
  readonly addresses: RollingDeadline;
}

/** The times of all lookups of one run. */
export function lookupTimesOf(deadlines: Deadlines): LookupTimes {
  return {
    exchangers: new RollingDeadline(deadlines, EXCHANGERS_MS),
    addresses: new RollingDeadline(deadlines, ADDRESSES_MS),
  };
}

/** Looks up the exchangers of a domain and the addresses of all of them, side by side; never rejects for what a name server says. */
export async function lookUpList(
  domain: string,
  resolver: GuardResolver,
  times: LookupTimes,
): Promise<ExchangerList> {
  try {
    const list = await resolveExchanges(domain, resolver, times.exchangers.signal);
    if (list.kind === "null-mx" || list.implicit) return { kind: "found", exchangers: [] };
    const signal = times.addresses.signal;
    const named = list.exchanges.slice(0, MAX_EXCHANGERS);
    return {
      kind: "found",
      exchangers: await Promise.all(named.map((each) => withAddresses(each, resolver, signal))),
    };
  } catch (error) {
    if (error instanceof MxLookupError) return { kind: "failed", cause: error.message };
    throw error;
  }
}

async function withAddresses(
  { preference, exchange, host }: MailExchanger,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<Exchanger> {
  if (host === null)
    return { preference, name: exchange, addresses: { 4: [], 6: [] }, isIpv4Alone: false, failed: [] };
  const ofFamily = async (family: Family) => {
    const asked = deadline(resolver.addresses(host, family, signal), signal);
    return asked.catch(() => undefined);
  };
  const [six, four] = await Promise.all([ofFamily(6), ofFamily(4)]);
  return {
    preference,
    name: host.replace(/\.$/, ""),
    addresses: firstOf(addressesIn(six), addressesIn(four)),
    isIpv4Alone: six?.kind === "not-found",
    failed: [...(isCertain(six) ? [] : SIX), ...(isCertain(four) ? [] : FOUR)],
  };
}

function addressesIn(lookup: AddressLookup | undefined): readonly string[] {
  return lookup?.kind === "found" ? lookup.addresses : [];
}

function isCertain(lookup: AddressLookup | undefined): boolean {
  return lookup?.kind === "found" || lookup?.kind === "not-found";
}

/** As many as count in all, of both families alike where there are too many. */
function firstOf(six: readonly string[], four: readonly string[]): Exchanger["addresses"] {
  const half = MAX_ADDRESSES / 2;
  const sixes = six.slice(0, MAX_ADDRESSES - Math.min(half, four.length));
  return { 4: four.slice(0, MAX_ADDRESSES - sixes.length), 6: sixes };
}
