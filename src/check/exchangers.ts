import { deadlinesOf } from "../limits/deadline.ts";
import {
  type ExchangeList,
  type ExchangeResolver,
  parseDomain,
  resolveExchanges,
} from "../names/exchanges.ts";
import { nameServers } from "../names/name-servers.ts";
import type { ProbeOutcome } from "../probe/outcome.ts";
import { parseHost } from "../text/target.ts";
import type { Listed } from "./listed.ts";
import { type CheckOptions, limitMs } from "./options.ts";

/** The best exchangers of a domain that count: what its owner writes into the DNS must not cost us hundreds of probes. */
export const MAX_EXCHANGERS = 32;

/**
 * The mail exchangers of these domains, in the order of the domains.
 * @throws {UsageError} for a domain that cannot be read.
 * @throws {MxLookupError} when those of one cannot be looked up.
 */
export async function listExchangers(
  domains: readonly string[],
  options: CheckOptions,
  port: number,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const resolver = exchangeResolver(options);
  const end = deadlinesOf(signal).after(limitMs(options)).signal;
  const listed = domains.map(async (domain) =>
    fromDomain(domain, await resolveExchanges(domain, resolver, end), port),
  );
  return (await Promise.all(listed)).flat();
}

function exchangeResolver({ resolver, dns = [] }: CheckOptions): ExchangeResolver {
  if (resolver !== undefined && "exchanges" in resolver) return resolver;
  return nameServers(dns);
}

function fromDomain(domain: string, list: ExchangeList, port: number): readonly Listed[] {
  if (list.kind === "null-mx") {
    const target = { server: domain, host: parseDomain(domain), port, preference: 0 };
    return [{ target, outcome: { kind: "skipped", why: "null-mx" } }];
  }
  const of = parseDomain(domain);
  return list.exchanges.map(({ exchange, host, preference }, at) => {
    const server = list.implicit ? domain : exchange;
    const target = { server, host: host ?? exchange, port, preference, domain: of };
    if (at >= MAX_EXCHANGERS) return { target, outcome: { kind: "skipped", why: "too-many-exchangers" } };
    return host === null ? { target, outcome: badExchange(exchange) } : { target };
  });
}

function badExchange(exchange: string): ProbeOutcome {
  return { kind: "bad-exchange", why: parseHost(exchange) === undefined ? "no-host-name" : "address" };
}
