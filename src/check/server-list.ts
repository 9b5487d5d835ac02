import { deadlinesOf } from "../limits/deadline.ts";
import {
  type ExchangeList,
  type ExchangeResolver,
  parseDomain,
  resolveExchanges,
} from "../names/exchanges.ts";
import { nameServers } from "../names/name-servers.ts";
import type { ProbeOutcome } from "../probe/outcome.ts";
import { UsageError } from "../text/errors.ts";
import { parseTargets, type Target } from "../text/target.ts";
import { type CheckOptions, limitMs, SMTP_PORT } from "./options.ts";

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
  const { mx = [], port = SMTP_PORT } = options;
  const named: Listed[] = [];
  for (const argument of typeof servers === "string" ? [servers] : servers) {
    for (const target of parseTargets(argument, port)) named.push({ target });
  }
  if (mx.length === 0) {
    if (named.length > 0) return named;
    throw new UsageError("No server given: want at least one, such as 10:mx1.example.org");
  }
  const resolver = exchangeResolver(options);
  const end = deadlinesOf(signal).after(limitMs(options)).signal;
  const exchangers = mx.map(async (domain) =>
    fromDomain(domain, await resolveExchanges(domain, resolver, end), port),
  );
  return [...(await Promise.all(exchangers)).flat(), ...named];
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
  return list.exchanges.map(({ exchange, host, preference }) => {
    const server = list.implicit ? domain : exchange;
    const target = { server, host: host ?? exchange, port, preference };
    return host === null ? { target, outcome: { kind: "not-found" } } : { target };
  });
}
