import { deadline } from "../limits/abort.ts";
import { deadlinesOf } from "../limits/deadline.ts";
import { nameServers } from "../names/name-servers.ts";
import type { Resolver } from "../names/resolver.ts";
import { cancellableSystemResolver } from "../names/system.ts";
import { lookupsOf } from "./means.ts";
import { type CheckOptions, validateOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { run } from "./run.ts";
import { type Listed, listServers } from "./server-list.ts";
import { GREETINGS, isGreetingAlone, type Talks } from "./talks.ts";

/** Why what is still under way ends with its check; an abort without a reason makes an exception, which costs a start 0.2 ms. */
const OVER = "The check is over";

/** Reads how the targets of a run are talked to that goes past the greeting: all of that is loaded only where it is wanted. */
export type TalksOf = (options: CheckOptions, listed: readonly Listed[]) => Promise<Talks>;

/**
 * Asks the servers, by itself for the greeting alone; what goes further is read by `talksOf`.
 * @throws what {@link import("./check.ts").check} throws.
 */
export async function ask(
  servers: string | readonly string[],
  options: CheckOptions,
  talksOf: TalksOf,
): Promise<Report> {
  validateOptions(options);
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  if (options.deadlineMs) deadlinesOf(signal).limitAll(options.deadlineMs);
  try {
    return await deadline(listAndRun(servers, options, talksOf, signal), signal);
  } finally {
    over.abort(OVER);
  }
}

async function listAndRun(
  servers: string | readonly string[],
  options: CheckOptions,
  talksOf: TalksOf,
  signal: AbortSignal,
): Promise<Report> {
  const resolver = resolverFor(options);
  const named = await listServers(servers, options, signal);
  const talks = isGreetingAlone(options) ? GREETINGS : await talksOf(options, named);
  const listed = (await talks.expand?.(named, lookupsOf(resolver, options, signal))) ?? named;
  options.onListed?.(listed.length);
  return run(listed, resolver, options, signal, talks);
}

function resolverFor({ resolver, dns = [] }: CheckOptions): Resolver {
  return resolver ?? (dns.length === 0 ? cancellableSystemResolver() : nameServers(dns));
}
