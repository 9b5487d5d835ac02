import type { ServerReport } from "../probe/outcome.ts";
import type { Family } from "../text/address.ts";
import type { Target } from "../text/target.ts";
import type { Cache } from "./cache.ts";

/** What, beside the target, an outcome depends on. */
export interface CachedTerms {
  readonly family: Family | undefined;
  /** For one target, in milliseconds; may be infinite. */
  readonly timeoutMs: number;
  /** Ends the asking. */
  readonly signal: AbortSignal;
}

/** What the cache knows of a target, or else what probing it comes to. */
export function cached(
  cache: Cache,
  { family, timeoutMs, signal }: CachedTerms,
  probe: (target: Target) => Promise<ServerReport>,
): (target: Target) => Promise<ServerReport> {
  return async (target) => {
    const question = { host: target.host, port: target.port, family: family ?? null };
    const answer = await cache.answer({ question, limitMs: timeoutMs, signal, probe: () => probe(target) });
    return { ...answer, target };
  };
}
