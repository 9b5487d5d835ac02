import { deadline } from "../../limits/abort.ts";
import { deadlinesOf } from "../../limits/deadline.ts";
import type { Resolver } from "../../names/resolver.ts";
import type { LimitedLookup } from "../../probe/lookups.ts";

/** For one question to a name server, in milliseconds. */
export const LOOKUP_MS = 10_000;

/** What both families of a host come to, within {@link LOOKUP_MS}. */
export async function lookUpHost(host: string, resolver: Resolver): Promise<readonly LimitedLookup[]> {
  const over = new AbortController();
  const { signal } = deadlinesOf(over.signal).after(LOOKUP_MS);
  const asked = ([4, 6] as const).map((family) =>
    deadline(resolver.addresses(host, family, signal), signal).catch((error) => {
      if (!signal.aborted) throw error;
      return { kind: "timed-out", stage: "dns" } as const;
    }),
  );
  try {
    return await Promise.all(asked);
  } finally {
    over.abort();
  }
}
