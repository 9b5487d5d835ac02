import { deadlinesOf } from "../limits/deadline.ts";
import type { ServerReport } from "../probe/outcome.ts";
import type { Probe } from "../probe/probe.ts";
import type { Stage } from "../smtp/attempt.ts";
import type { Family } from "../text/address.ts";
import type { Target } from "../text/target.ts";
import type { Cache } from "./cache.ts";

/** What, beside the target, an outcome depends on. */
export interface CachedTerms {
  readonly family: Family | undefined;
  /** For one target, in milliseconds; may be infinite. */
  readonly timeoutMs: number;
  /** How a target is asked, and the earlier stages that a success answers for; "" is the greeting alone. */
  readonly mannersOf?: (target: Target) => readonly string[];
}

/** A probe that gives what the cache knows of a target, or else what probing it comes to. */
export function cached(cache: Cache, { family, timeoutMs, mannersOf }: CachedTerms, probe: Probe): Probe {
  return (target, signal, asker) => {
    const common = { host: target.host, port: target.port, family: family ?? null };
    const [question = common, ...earlier] = (mannersOf?.(target) ?? []).map((manner) =>
      manner === "" ? common : { ...common, manner },
    );
    const ask = (until: AbortSignal, reached: (stage: Stage) => void) =>
      new Promise<ServerReport>((settled, failed) => probe(target, until, { settled, failed, reached }));
    const deadlines = deadlinesOf(signal);
    const asked = {
      question,
      earlier,
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
