import { deadlinesOf } from "../limits/deadline.ts";
import type { ServerReport } from "../probe/outcome.ts";
import type { Probe } from "../probe/probe.ts";
import type { Family } from "../text/address.ts";
import type { Cache } from "./cache.ts";

/** What, beside the target, an outcome depends on. */
export interface CachedTerms {
  readonly family: Family | undefined;
  /** For one target, in milliseconds; may be infinite. */
  readonly timeoutMs: number;
}

/** A probe that gives what the cache knows of a target, or else what probing it comes to. */
export function cached(cache: Cache, { family, timeoutMs }: CachedTerms, probe: Probe): Probe {
  return (target, signal, asker) => {
    const question = { host: target.host, port: target.port, family: family ?? null };
    const ask = (until: AbortSignal) =>
      new Promise<ServerReport>((settled, failed) => probe(target, until, { settled, failed }));
    const deadlines = deadlinesOf(signal);
    const asked = {
      question,
      get limitMs() {
        return deadlines.atMost(timeoutMs);
      },
      signal,
      probe: ask,
    };
    cache
      .answer(asked)
      .then((answer) => asker.settled({ ...answer, target }))
      .catch(asker.failed);
  };
}
