import { type Zone, type ZoneResolver, zoneResolver } from "./zone-resolver.ts";

type Records = readonly (readonly [preference: number, exchange: string])[];

/** What a domain's MX lookup leads to: records (a null MX is `[0, "."]`), none, a failure, or silence for ever. */
type ExchangeAnswer = Records | "none" | "silent" | { readonly failure: string };

/** Domains with their MX records; a promise is an answer that comes when the test says so. */
export type ExchangeZone = Readonly<Record<string, ExchangeAnswer | Promise<ExchangeAnswer>>>;

type Lookup =
  | {
      readonly kind: "found";
      readonly exchanges: readonly { readonly preference: number; readonly exchange: string }[];
    }
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly cause: string };

/** A {@link ZoneResolver} that has MX records too, and remembers which domains it was asked for. */
export interface ExchangeZoneResolver extends ZoneResolver {
  /** Each domain in the order asked. */
  readonly askedExchanges: readonly string[];
  exchanges(domain: string): Promise<Lookup>;
}

/** A resolver that answers from two maps; it rejects for what is in neither, which is the test's mistake. */
export function exchangeZoneResolver(domains: ExchangeZone, zone: Zone = {}): ExchangeZoneResolver {
  const askedExchanges: string[] = [];
  return {
    ...zoneResolver(zone),
    askedExchanges,
    async exchanges(domain) {
      askedExchanges.push(domain);
      const answer = await domains[domain];
      if (answer === undefined) throw new Error(`Cannot find ${domain} among the domains of this test`);
      if (answer === "silent") return new Promise(() => {});
      if (answer === "none") return { kind: "none" };
      if ("failure" in answer) return { kind: "failed", cause: answer.failure };
      const exchanges = answer.map(([preference, exchange]) => ({ preference, exchange }));
      return { kind: "found", exchanges };
    },
  };
}
