import { deadline } from "../limits/abort.ts";
import { deadlinesOf } from "../limits/deadline.ts";
import type { Resolver } from "../names/resolver.ts";
import type { Load } from "./load.ts";
import { lookupsOf } from "./means.ts";
import { type CheckOptions, validateOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { run } from "./run.ts";
import { listServers } from "./server-list.ts";
import { GREETINGS, isGreetingAlone } from "./talks.ts";

/** Why what is still under way ends with its check; an abort without a reason makes an exception, which costs a start 0.2 ms. */
const OVER = "The check is over";

/**
 * Asks the servers, by itself where they are named, a resolver is given and the greeting is all; what goes further is
 * loaded.
 * @throws what {@link import("./check.ts").check} throws.
 */
export async function ask(
  servers: string | readonly string[],
  options: CheckOptions,
  further: Load,
): Promise<Report> {
  validateOptions(options);
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  if (options.deadlineMs) deadlinesOf(signal).limitAll(options.deadlineMs);
  try {
    return await deadline(listAndRun(servers, options, further, signal), signal);
  } finally {
    over.abort(OVER);
  }
}

async function listAndRun(
  servers: string | readonly string[],
  options: CheckOptions,
  further: Load,
  signal: AbortSignal,
): Promise<Report> {
  const named = await listServers(servers, options, signal, further);
  const resolver = options.resolver ?? (await usualResolver(options, further));
  const talks = isGreetingAlone(options) ? GREETINGS : await (await further()).talksOf(options, named);
  const listed = (await talks.expand?.(named, lookupsOf(resolver, options, signal))) ?? named;
  options.onListed?.(listed.length);
  return run(listed, resolver, options, signal, talks);
}

async function usualResolver({ dns = [] }: CheckOptions, further: Load): Promise<Resolver> {
  const { cancellableSystemResolver, nameServers } = await further();
  return dns.length === 0 ? cancellableSystemResolver() : nameServers(dns);
}
