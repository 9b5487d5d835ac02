import { cached } from "../cache/cached.ts";
import { deadlinesOf } from "../limits/deadline.ts";
import { connections, lookups as lookupPlaces } from "../limits/places.ts";
import type { Resolver } from "../names/resolver.ts";
import { retrying } from "../names/retry.ts";
import { Attempts } from "../probe/attempts.ts";
import { Lookups } from "../probe/lookups.ts";
import type { Probe } from "../probe/probe.ts";
import { prober } from "../probe/prober.ts";
import { type CheckOptions, limitMs } from "./options.ts";
import type { Talks } from "./talks.ts";

/** The names of a run. The stop rule compares all addresses, so it wants both families looked up whatever is connected by. */
export function lookupsOf(resolver: Resolver, options: CheckOptions, signal: AbortSignal): Lookups {
  const { stop = [], stopSelf = false } = options;
  return new Lookups({
    resolver: options.cache === undefined ? resolver : retrying(resolver),
    families: stopSelf || stop.length > 0 || options.family === undefined ? [6, 4] : [options.family],
    timeoutMs: limitMs(options),
    deadlines: deadlinesOf(signal),
    places: lookupPlaces,
  });
}

/** How a run finds out about a target. */
export function probeOf(lookups: Lookups, options: CheckOptions, talks: Talks): Probe {
  const terms = { family: options.family, timeoutMs: limitMs(options) };
  const probe = prober({ ...terms, lookups, attempts: new Attempts(connections), talkWith: talks.with });
  const asked = talks.inOrder?.(probe) ?? probe;
  return options.cache === undefined
    ? asked
    : cached(options.cache, { ...terms, mannersOf: talks.mannersOf }, asked);
}
