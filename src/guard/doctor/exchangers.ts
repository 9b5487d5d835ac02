import { MAX_EXCHANGERS } from "../../check/exchangers.ts";
import { deadlinesOf } from "../../limits/deadline.ts";
import { type ExchangeResolver, type MailExchanger, resolveExchanges } from "../../names/exchanges.ts";
import type { Resolver } from "../../names/resolver.ts";
import { addressesFound } from "../../probe/lookups.ts";
import { isSuccess, type ProbeOutcome, type ServerReport, statusOf } from "../../probe/outcome.ts";
import { explain } from "../../report/explain.ts";
import { ToldError } from "../../text/errors.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import { LOOKUP_MS, lookUpHost } from "./host-lookup.ts";
import type { OwnHosts } from "./own-hosts.ts";
import { type Standing, standingOf } from "./standing.ts";

/** How domains and servers are asked. */
export interface ExchangerMeans {
  readonly resolver: Resolver & ExchangeResolver;
  /** Asks each of these hosts for its greeting, once. */
  probe(hosts: readonly string[]): Promise<readonly ServerReport[]>;
}

const SHOWN = 5;
/** What Postfix calls its allowlist. */
const ALLOWLIST = "have us put on its allowlist (smtpd_client_event_limit_exceptions, where it is a Postfix)";

/** Outcomes that may be for us alone: the server is there, and says no. */
const TURNS_AWAY: ReadonlySet<ProbeOutcome["kind"]> = new Set(["busy", "declined"]);

/** Whether we are among the exchangers of these domains, and how those greet us that are preferred to us. */
export async function examineExchangers(
  domains: readonly string[],
  own: OwnHosts,
  means: ExchangerMeans,
): Promise<readonly Finding[]> {
  const standings = await Promise.all(
    domains.map(async (domain) => [domain, await standingFor(domain, own, means)] as const),
  );
  const domainsOf = new Map<string, string[]>();
  for (const [domain, standing] of standings) {
    if (standing.kind !== "behind") continue;
    for (const { host } of standing.before) {
      if (host !== null) domainsOf.set(host, [...(domainsOf.get(host) ?? []), domain]);
    }
  }
  const reports = domainsOf.size === 0 ? [] : await means.probe([...domainsOf.keys()]);
  return [
    ...standings.map(([domain, standing]) => judgeStanding(domain, standing, own)),
    ...reports.map((report) => judgeGreeting(report, domainsOf.get(report.target.server) ?? [])),
  ];
}

type StandingOrFailure = Standing | { readonly kind: "unknown"; readonly cause: string };

async function standingFor(
  domain: string,
  own: OwnHosts,
  { resolver }: ExchangerMeans,
): Promise<StandingOrFailure> {
  const over = new AbortController();
  const { signal } = deadlinesOf(over.signal).after(LOOKUP_MS);
  try {
    const list = await resolveExchanges(domain, resolver, signal);
    const hosts =
      list.kind === "null-mx" ? [] : list.exchanges.slice(0, MAX_EXCHANGERS).map(({ host }) => host);
    const addresses = await Promise.all(
      hosts.map(async (host) => {
        const found = host === null ? [] : addressesFound(await lookUpHost(host, resolver));
        return [host ?? "", found] as const;
      }),
    );
    return standingOf(list, new Map(addresses), own);
  } catch (failure) {
    if (failure instanceof ToldError) return { kind: "unknown", cause: failure.message };
    throw failure;
  } finally {
    over.abort();
  }
}

function judgeStanding(domain: string, standing: StandingOrFailure, own: OwnHosts): Finding {
  switch (standing.kind) {
    case "unknown":
      return warning(`${domain}: ${standing.cause}`);
    case "null-mx":
      return warning(`${domain} takes no mail at all (null MX), so nothing is ever deferred for it`);
    case "no-mx":
      return error(
        `${domain} has no MX record, so nothing is ever deferred for it: write one for it and one for us`,
      );
    case "stranger":
      return error(
        `${domain}: we are none of its mail exchangers (${named(standing.exchangers)}), so nothing is ever deferred for it: looked for ${own.shown.join(", ") || "nobody"}; name us by proxy_interfaces, or by --stop here and for serve`,
      );
    case "first":
      return ok(`${domain}: no exchanger is preferred to us, so nothing is ever deferred for it`);
    case "behind":
      return ok(`${domain}: we stand behind ${named(standing.before)}`);
  }
}

function judgeGreeting(report: ServerReport, domains: readonly string[]): Finding {
  const more = domains.length > 1 ? ` (and ${domains.length - 1} more)` : "";
  const of = `${report.target.server}, preferred to us for ${domains[0]}${more}`;
  const why = explain(report);
  if (statusOf(report.outcome) === "undetermined") return warning(`${of}: ${why}`);
  if (isSuccess(report.outcome)) return ok(`${of}, is up: ${why}`);
  if (TURNS_AWAY.has(report.outcome.kind)) return error(`${of}, turns us away: ${why}: ${ALLOWLIST}`);
  return warning(`${of}, is not up, so mail is let in: ${why}`);
}

function named(exchangers: readonly MailExchanger[]): string {
  const shown = exchangers.slice(0, SHOWN).map(({ exchange }) => exchange);
  const more = exchangers.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
