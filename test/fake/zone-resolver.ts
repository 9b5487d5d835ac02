type Lookup =
  | { readonly kind: "found"; readonly addresses: readonly string[] }
  | { readonly kind: "not-found" }
  | { readonly kind: "dns-failure"; readonly cause: string }
  | { readonly kind: "no-resources"; readonly cause: string };

/** What a name leads to: addresses, no such name, a server's failure, this machine's failure, or silence for ever. */
export type ZoneAnswer =
  | readonly string[]
  | "not-found"
  | "silent"
  | { readonly failure: string }
  | { readonly ownFailure: string };

/** Names with their answers; a promise is an answer that comes when the test says so. */
export type Zone = Readonly<Record<string, ZoneAnswer | Promise<ZoneAnswer>>>;

/** A resolver that knows one zone, and remembers what it was asked. */
export interface ZoneResolver {
  /** Each question in the order asked: the name, and the family when one was wanted. */
  readonly asked: readonly string[];
  addresses(host: string, family: 4 | 6): Promise<Lookup>;
}

/**
 * A resolver that answers from a map; it rejects for a name that is not in the map, which is the test's mistake.
 * Addresses of another family than the one asked for are left out, as a name server would.
 */
export function zoneResolver(zone: Zone): ZoneResolver {
  const asked: string[] = [];
  return {
    asked,
    async addresses(host, family) {
      asked.push(`${host} ${family}`);
      const answer = await zone[host];
      if (answer === undefined) throw new Error(`Cannot find ${host} in the zone of this test`);
      if (answer === "silent") return new Promise(() => {});
      if (answer === "not-found") return { kind: "not-found" };
      if ("failure" in answer) return { kind: "dns-failure", cause: answer.failure };
      if ("ownFailure" in answer) return { kind: "no-resources", cause: answer.ownFailure };
      const addresses = answer.filter((address) => address.includes(":") === (family === 6));
      return addresses.length === 0 ? { kind: "not-found" } : { kind: "found", addresses };
    },
  };
}
