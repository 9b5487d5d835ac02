import { deadline } from "../limits/abort.ts";
import { familyOf } from "../text/address.ts";
import { cannotRead, ToldError } from "../text/errors.ts";
import { parseHost } from "../text/target.ts";
import { hostFault } from "../text/target-fault.ts";

/** One MX record as it was received (RFC 1035 §3.3.9); the exchange of a null MX is empty or a dot. */
export interface ExchangeRecord {
  readonly preference: number;
  readonly exchange: string;
}

/** What came of looking a domain's MX records up; `none` when there is none, whether or not the domain exists. */
export type ExchangeLookup =
  | { readonly kind: "found"; readonly exchanges: readonly ExchangeRecord[] }
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly cause: string };

/** Domains into MX records. What a name server says is a value; a CNAME has been followed (RFC 5321 §5.1). */
export interface ExchangeResolver {
  /** @throws the signal's reason when the signal comes first. */
  exchanges(domain: string, signal?: AbortSignal): Promise<ExchangeLookup>;
}

/** One mail exchanger of a domain. */
export interface MailExchanger {
  readonly preference: number;
  /** As the record has it, without the trailing dot; not yet clean. */
  readonly exchange: string;
  /** What is to be looked up; null for an exchange that is no host name, which cannot be found (RFC 5321 §5.1). */
  readonly host: string | null;
}

/** The servers of a domain, the most preferred first; `implicit` when it has no MX record and is its own server. */
export type ExchangeList =
  | { readonly kind: "exchanges"; readonly exchanges: readonly MailExchanger[]; readonly implicit: boolean }
  | { readonly kind: "null-mx" };

/** The MX records of a domain cannot be looked up, which says nothing about its servers. */
export class MxLookupError extends ToldError {
  override readonly name = "MxLookupError";
}

/**
 * The mail exchangers of a domain, by the rules of RFC 5321 §5.1 and RFC 7505: sorted by preference, equal ones in the
 * order received; the domain itself when there is no MX record; none at all for a null MX.
 * @throws {UsageError} when the domain is no domain name.
 * @throws {MxLookupError} when the lookup fails, or the signal comes first.
 */
export async function resolveExchanges(
  domain: string,
  resolver: ExchangeResolver,
  signal: AbortSignal = new AbortController().signal,
): Promise<ExchangeList> {
  const host = parseDomain(domain);
  const lookup = await lookUp(host, resolver, signal);
  switch (lookup.kind) {
    case "found":
      return listOf(lookup.exchanges);
    case "none":
      return {
        kind: "exchanges",
        exchanges: [{ preference: 0, exchange: host, host: absolute(host) }],
        implicit: true,
      };
    case "failed":
      throw new MxLookupError(`Cannot look up the mail exchangers of "${host}": ${lookup.cause}`);
  }
}

/**
 * Reads a mail domain: a name in the form in which names are looked up.
 * @throws {UsageError} for anything else, an address too.
 */
export function parseDomain(text: string): string {
  const host = parseHost(text);
  if (host !== undefined && familyOf(host) === undefined) return host.replace(/\.$/, "");
  throw cannotRead(text, "a mail domain", "a domain name, such as example.org", domainFault(text, host));
}

function lookUp(host: string, resolver: ExchangeResolver, signal: AbortSignal): Promise<ExchangeLookup> {
  return deadline(resolver.exchanges(host, signal), signal).catch((error) => {
    if (!signal.aborted) throw error;
    return { kind: "failed", cause: "timed out" };
  });
}

/** A null MX stands alone (RFC 7505 §3); among others it is a mistake, and they count. */
function listOf(records: readonly ExchangeRecord[]): ExchangeList {
  const named = records.map(withoutDot).filter(({ exchange }) => exchange !== "");
  if (named.length === 0) return { kind: "null-mx" };
  const exchangers = new Map<string, MailExchanger>();
  for (const { preference, exchange } of named.toSorted((one, other) => one.preference - other.preference)) {
    const host = hostOf(exchange);
    const key = host ?? exchange.toLowerCase();
    if (!exchangers.has(key)) exchangers.set(key, { preference, exchange, host });
  }
  return { kind: "exchanges", exchanges: [...exchangers.values()], implicit: false };
}

function withoutDot({ preference, exchange }: ExchangeRecord): ExchangeRecord {
  return { preference, exchange: exchange.replace(/\.$/, "") };
}

function hostOf(exchange: string): string | null {
  const host = parseHost(exchange);
  return host === undefined || familyOf(host) !== undefined ? null : absolute(host);
}

/** What is wrong with a domain: that it is an address, or no name. */
function domainFault(text: string, host: string | undefined): string | undefined {
  return host === undefined ? hostFault(text) : "it is an address";
}

/** A name from the DNS is whole; one of a single label says so with a dot, for else it would be searched for. */
function absolute(host: string): string {
  return host.includes(".") ? host : `${host}.`;
}
