import type { Resolver as Channel } from "node:dns/promises";
import { canonicalAddress, type Family, familyOf } from "../text/address.ts";
import { type Answer, type AnswerOrAlias, answerOf, askInTurn, failure, mostTelling } from "./answer.ts";
import { Channels, parseNameServer } from "./channels.ts";
import type { ExchangeLookup, ExchangeRecord, ExchangeResolver } from "./exchanges.ts";
import type { AddressLookup, Resolver } from "./system.ts";

/** How long the addresses of one family are waited for when the other's are there: RFC 8305 §3 has 50 ms, but a dead address may need both. */
const OTHER_FAMILY_MS = 500;
/** Most CNAMEs that are followed. */
const MAX_CNAMES = 8;
/** Names that no name server is asked for (RFC 6761 §6.3). */
const LOCALHOST = /(?:^|\.)localhost$/;
const LOOPBACK = ["::1", "127.0.0.1"];

/** One question to one name server. */
type Ask<T> = (channel: Channel, name: string) => Promise<AnswerOrAlias<T>>;

/**
 * Asks these name servers for addresses and for MX records; without any, those of the system. A hosts file is not read.
 * @throws {UsageError} when one of them cannot be read.
 */
export function nameServers(servers: readonly string[]): Resolver & ExchangeResolver {
  const channels = new Channels(servers.map(parseNameServer));
  return {
    async addresses(host, family, signal) {
      const known = withoutAsking(host, family);
      if (known !== undefined) return known;
      const families: readonly Family[] = family === undefined ? [6, 4] : [family];
      return channels.use(async (open, isOver) => {
        const asked = families.map((each) =>
          follow(host, open, isOver, askAddresses(each, family !== undefined)),
        );
        return addressesOf(await whatComesInTime(asked));
      }, signal);
    },
    exchanges: (domain, signal) =>
      channels.use(
        async (open, isOver) => exchangesOf(await follow(domain, open, isOver, askExchanges)),
        signal,
      ),
  };
}

/**
 * Bun 1.4.5 does not notice that a name server's port refuses (ICMP) until something else is sent there, and waits
 * in a busy loop: so a question that would be alone takes the one about an alias along.
 */
function askAddresses(family: Family, isAlone: boolean): Ask<string> {
  return async (channel, name) => {
    const asked = answerOf(family === 6 ? channel.resolve6(name) : channel.resolve4(name));
    const askedAlong = isAlone ? askAlias(channel, name) : undefined;
    const answer = await asked;
    const isFinal = answer.kind !== "found" || answer.records.length > 0;
    return isFinal ? answer : (askedAlong ?? askAlias(channel, name));
  };
}

/** c-ares says of a domain without MX records that there is none, even when it is an alias. */
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
  isOver: AbortSignal,
  ask: Ask<T>,
): Promise<Answer<T>> {
  const seen = new Set<string>();
  for (let at = name; seen.size <= MAX_CNAMES; ) {
    const answer = await askInTurn(channels, (channel) => ask(channel, at), isOver);
    if (answer.kind !== "alias") return answer;
    seen.add(at);
    at = answer.of.toLowerCase();
    if (seen.has(at)) return failure("CNAME loop");
  }
  return failure(`more than ${MAX_CNAMES} CNAMEs`);
}

/** All answers; or, once one of them has found something, those that come within {@link OTHER_FAMILY_MS}. */
function whatComesInTime(asked: readonly Promise<Answer<string>>[]): Promise<readonly Answer<string>[]> {
  return new Promise((resolve) => {
    const answers: (Answer<string> | undefined)[] = asked.map(() => undefined);
    let timer: Timer | undefined;
    const finish = () => {
      clearTimeout(timer);
      resolve(answers.filter((answer) => answer !== undefined));
    };
    for (const [at, promise] of asked.entries()) {
      promise.then((answer) => {
        answers[at] = answer;
        if (!answers.includes(undefined)) finish();
        else if (answer.kind === "found") timer = setTimeout(finish, OTHER_FAMILY_MS).unref();
      });
    }
  });
}

function addressesOf(answers: readonly Answer<string>[]): AddressLookup {
  const found = answers.flatMap((answer) => (answer.kind === "found" ? answer.records : []));
  if (found.length > 0) {
    return {
      kind: "found",
      addresses: [...new Set(found.map((address) => canonicalAddress(address) ?? address))],
    };
  }
  const failed = mostTelling(answers.filter((answer) => answer.kind === "failed"));
  if (failed === undefined) return { kind: "not-found" };
  return { kind: failed.isOwn ? "no-resources" : "dns-failure", cause: failed.cause };
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

function withoutAsking(host: string, family: Family | undefined): AddressLookup | undefined {
  const known = LOCALHOST.test(host) ? LOOPBACK : familyOf(host) === undefined ? undefined : [host];
  if (known === undefined) return undefined;
  const addresses = known.filter((address) => family === undefined || familyOf(address) === family);
  return addresses.length > 0 ? { kind: "found", addresses } : { kind: "not-found" };
}
