import type { Resolver } from "../names/resolver.ts";
import type { Listed } from "./listed.ts";
import type { CheckOptions } from "./options.ts";
import type { Talks } from "./talks.ts";

/** What only some checks take ({@link import("./further.ts")}). */
interface Further {
  nameServers(servers: readonly string[]): Resolver;
  cancellableSystemResolver(): Resolver;
  listExchangers(
    domains: readonly string[],
    options: CheckOptions,
    port: number,
    signal: AbortSignal,
  ): Promise<readonly Listed[]>;
  talksOf(options: CheckOptions, listed: readonly Listed[]): Promise<Talks>;
}

/** Loads that when a check takes it: every start would pay for it. */
export type Load = () => Promise<Further>;
