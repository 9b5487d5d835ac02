import { deadlinesOf } from "../limits/deadline.ts";
import {
  type ExchangeList,
  type ExchangeResolver,
  parseDomain,
  resolveExchanges,
} from "../names/exchanges.ts";
import { nameServers } from "../names/name-servers.ts";
import type { ProbeOutcome } from "../probe/outcome.ts";
import { type Family, familyOf } from "../text/address.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import { isSocketPath, parseHost, parseTargets, type Target } from "../text/target.ts";
import { type CheckOptions, limitMs, portOf } from "./options.ts";

/** The best exchangers of a domain that count: what its owner writes into the DNS must not cost us hundreds of probes. */
export const MAX_EXCHANGERS = 32;

/** One server of a run; `outcome` is what came of it when that is clear without probing it. */
export interface Listed {
  readonly target: Target;
  readonly outcome?: ProbeOutcome;
}

/**
 * The servers of a run: the mail exchangers of the domains asked for, in front of the servers named.
 * @throws {UsageError} when a server or domain cannot be read, or there is none.
 * @throws {MxLookupError} when the exchangers of a domain cannot be looked up.
 */
export async function listServers(
  servers: string | readonly string[],
  options: CheckOptions,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const { mx = [], family, sort = false, lmtp = false } = options;
  const port = portOf(options);
  const named: Listed[] = [];
  for (const argument of typeof servers === "string" ? [servers] : servers) {
    for (const target of parseTargets(argument, port)) {
      if (family !== undefined && (familyOf(target.host) ?? family) !== family)
        throw wrongFamily(target, family);
      if (isSocketPath(target.host) && !lmtp)
        throw new UsageError("Cannot use a unix socket without --lmtp: SMTP is spoken over TCP");
      named.push({ target });
    }
  }
  if (mx.length === 0) {
    if (named.length > 0) return sort ? byPreference(named) : named;
    throw new UsageError("No server given: want at least one, such as 10:mx1.example.org");
  }
  const resolver = exchangeResolver(options);
  const end = deadlinesOf(signal).after(limitMs(options)).signal;
  const exchangers = mx.map(async (domain) =>
    fromDomain(domain, await resolveExchanges(domain, resolver, end), port),
  );
  const listed = [...(await Promise.all(exchangers)).flat(), ...named];
  return sort ? byPreference(listed) : listed;
}

function byPreference(listed: readonly Listed[]): readonly Listed[] {
  const rank = ({ target }: Listed) => target.preference ?? Number.POSITIVE_INFINITY;
  return listed.toSorted((one, other) => (rank(one) === rank(other) ? 0 : rank(one) - rank(other)));
}

function wrongFamily({ server }: Target, family: Family): UsageError {
  return cannotRead(server, "a server", `an IPv${family} address or a name, for -${family} was given`);
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
