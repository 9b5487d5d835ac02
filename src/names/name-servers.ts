import type { Resolver as Channel } from "node:dns/promises";
import { canonicalAddress, type Family } from "../text/address.ts";
import { type Answer, type AnswerOrAlias, answerOf, askInTurn, failure } from "./answer.ts";
import { type Asker, Channels, parseNameServer } from "./channels.ts";
import type { ExchangeLookup, ExchangeRecord, ExchangeResolver } from "./exchanges.ts";
import { type AddressLookup, askingBothAtOnce, type Resolver, withoutAsking } from "./resolver.ts";

/** Most CNAMEs that are followed. */
const MAX_CNAMES = 8;
/** Name servers that are asked for addresses and for MX records. */
export interface NameServers extends Resolver, ExchangeResolver {
  /** Remembers answers as long as their TTL says, until the signal. */
  remember(until: AbortSignal): void;
}

/** One question to one name server. */
type Ask<T> = (channel: Channel, name: string) => Promise<AnswerOrAlias<T>>;

/**
 * Asks these name servers for addresses and for MX records; without any, those of the system. A hosts file is not read.
 * @throws {UsageError} when one of them cannot be read.
 */
export function nameServers(servers: readonly string[]): NameServers {
  const channels = new Channels(servers.map(parseNameServer));
  const askForAddresses = askingBothAtOnce((host, family, signal) =>
    channels.use(
      async (open, asker) => addressesOf(await follow(host, open, asker, askAddresses(family))),
      signal,
    ),
  );
  return {
    async addresses(host, family, signal) {
      const name = host.replace(/\.$/, "");
      return withoutAsking(name, family) ?? askForAddresses(name, family, signal);
    },
    exchanges: (domain, signal) =>
      channels.use(
        async (open, asker) => exchangesOf(await follow(domain, open, asker, askExchanges)),
        signal,
      ),
    remember(until) {
      const { promise } = Promise.withResolvers<never>();
      channels.use(() => promise, until).catch(() => {});
    },
  };
}

function askAddresses(family: Family): Ask<string> {
  return async (channel, name) => {
    const answer = await answerOf(family === 6 ? channel.resolve6(name) : channel.resolve4(name));
    const isFinal = answer.kind !== "found" || answer.records.length > 0;
    return isFinal ? answer : askAlias(channel, name);
  };
}

/**
 * c-ares says of a domain without MX records that there is none, even when it is an alias. That question goes along at
 * once: see {@link askingBothAtOnce} for what a port that refuses does to one that is alone.
 */
const askExchanges: Ask<ExchangeRecord> = async (channel, name) => {
  const asked = answerOf(channel.resolveMx(name));
  const askedAlong = askAlias(channel, name);
  const answer = await asked;
  if (answer.kind !== "found") return answer.kind === "none" ? askedAlong : answer;
  const records = answer.records.map(({ priority, exchange }) => ({ preference: priority, exchange }));
  return { kind: "found", records };
};

async function askAlias(channel: Channel, name: string): Promise<AnswerOrAlias<never>> {
  const answer = await answerOf(channel.resolveCname(name));
  if (answer.kind !== "found") return answer;
  const [of] = answer.records;
  return of === undefined ? { kind: "none" } : { kind: "alias", of };
}

/** Asks for a name, and for what it is an alias of (RFC 1034 §3.6.2): c-ares leaves following a lone CNAME to the asker. */
async function follow<T>(
  name: string,
  channels: readonly Channel[],
  asker: Asker,
  ask: Ask<T>,
): Promise<Answer<T>> {
  const seen = new Set<string>();
  for (let at = name; seen.size <= MAX_CNAMES; ) {
    const answer = await askInTurn(channels, (channel) => ask(channel, at), asker);
    if (answer.kind !== "alias") return answer;
    seen.add(at);
    at = answer.of.toLowerCase();
    if (seen.has(at)) return failure("CNAME loop");
  }
  return failure(`more than ${MAX_CNAMES} CNAMEs`);
}

function addressesOf(answer: Answer<string>): AddressLookup {
  switch (answer.kind) {
    case "found": {
      const addresses = answer.records.map((address) => canonicalAddress(address) ?? address);
      return { kind: "found", addresses: [...new Set(addresses)] };
    }
    case "none":
      return { kind: "not-found" };
    case "failed":
      return { kind: answer.isOwn ? "no-resources" : "dns-failure", cause: answer.cause };
  }
}

function exchangesOf(answer: Answer<ExchangeRecord>): ExchangeLookup {
  switch (answer.kind) {
    case "found":
      return { kind: "found", exchanges: answer.records };
    case "none":
      return { kind: "none" };
    case "failed":
      return { kind: "failed", cause: answer.cause };
  }
}
