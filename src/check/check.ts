import { deadline } from "../limits/abort.ts";
import { deadlinesOf } from "../limits/deadline.ts";
import { nameServers } from "../names/name-servers.ts";
import type { Resolver } from "../names/resolver.ts";
import { cancellableSystemResolver } from "../names/system.ts";
import { type CheckOptions, validateOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { run } from "./run.ts";
import { listServers } from "./server-list.ts";

/** Why what is still under way ends with its check; an abort without a reason makes an exception, which costs a start 0.2 ms. */
const OVER = "The check is over";

/**
 * Tells whether one of these mail servers is available, and which: all are probed at the same time, and the answer is
 * the first in list order, as if they had been probed one by one.
 * @throws {UsageError} when a server, domain, stop host or option cannot be read, or there is no server.
 * @throws {StopHostError} when a stop host cannot be looked up.
 * @throws {MxLookupError} when the exchangers of a domain cannot be looked up.
 */
export async function check(
  servers: string | readonly string[],
  options: CheckOptions = {},
): Promise<Report> {
  validateOptions(options);
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  if (options.deadlineMs) deadlinesOf(signal).limitAll(options.deadlineMs);
  try {
    return await deadline(ask(servers, options, signal), signal);
  } finally {
    over.abort(OVER);
  }
}

async function ask(
  servers: string | readonly string[],
  options: CheckOptions,
  signal: AbortSignal,
): Promise<Report> {
  const listed = await listServers(servers, options, signal);
  options.onListed?.(listed.length);
  return run(listed, resolverFor(options), options, signal);
}

function resolverFor({ resolver, dns = [] }: CheckOptions): Resolver {
  return resolver ?? (dns.length === 0 ? cancellableSystemResolver() : nameServers(dns));
}
