import type { LimitedLookup } from "../names/system.ts";
import type { Lookups } from "../probe/lookups.ts";
import { canonicalAddress, canonicalAddressOfAnySpelling, familyOf } from "../text/address.ts";
import { cannotRead, ToldError } from "../text/errors.ts";
import { parseHost } from "../text/target.ts";

/** A --stop name that cannot be looked up: whether it stands in the list cannot be told, so nothing can. */
export class StopHostError extends ToldError {
  override readonly name = "StopHostError";
}

/** Looks one name up, both families, within the limit of a target. */
export type LookUp = (host: string) => Promise<LimitedLookup>;

/**
 * Reads a host given to --stop: a name, or an address in any spelling.
 * @throws {UsageError} when it is neither.
 */
export function parseStopHost(text: string): string {
  const host = canonicalAddressOfAnySpelling(text) ?? parseHost(text);
  if (host === undefined)
    throw cannotRead(text, "a stop host", "a host name or an address, such as mx2.example.org");
  return host;
}

/** The stop hosts of one run: known by name at once, and by address when they have been looked up. */
export interface StopRule {
  readonly names: ReadonlySet<string>;
  /** Rejects with a {@link StopHostError} when one of them cannot be looked up. */
  readonly addresses: Promise<ReadonlySet<string>>;
}

/**
 * The stop rule of a run; undefined when everything counts.
 * @throws {UsageError} when one of the hosts is none.
 */
export function stopRuleOf(
  stop: readonly string[],
  stopSelf: boolean,
  lookups: Lookups,
): StopRule | undefined {
  const lookUp = async (host: string) => (await lookups.of(host)).lookup;
  const rules = [
    ...(stop.length > 0 ? [givenStopHosts(stop, lookUp)] : []),
    ...(stopSelf ? [thisMachine(lookUp)] : []),
  ];
  const [first, ...others] = rules;
  return first === undefined ? undefined : union([first, ...others]);
}

/**
 * The hosts given to --stop.
 * @throws {UsageError} when one of them is no host.
 */
export function givenStopHosts(texts: readonly string[], lookUp: LookUp): StopRule {
  const hosts = texts.map(parseStopHost);
  const addresses = Promise.all(hosts.map((host) => addressesOf(host, lookUp)));
  return { names: new Set(hosts), addresses: addresses.then((lists) => new Set(lists.flat())) };
}

/**
 * This machine as a stop host: the addresses of its interfaces, its host name, and what that is looked up to. Many a
 * machine cannot look its own name up; its interfaces then say enough.
 */
export function thisMachine(lookUp: LookUp): StopRule {
  const os = process.getBuiltinModule("node:os");
  const interfaces = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = interfaces.map(({ address }) => canonicalAddress(address) ?? address);
  const name = parseHost(os.hostname());
  if (name === undefined) return { names: new Set(), addresses: Promise.resolve(new Set(own)) };
  const named = lookUp(name).then((lookup) => (lookup.kind === "found" ? lookup.addresses : []));
  return { names: new Set([name]), addresses: named.then((addresses) => new Set([...own, ...addresses])) };
}

/** Several rules as one. */
export function union(rules: readonly [StopRule, ...StopRule[]]): StopRule {
  const addresses = Promise.all(rules.map((rule) => rule.addresses));
  return {
    names: new Set(rules.flatMap(({ names }) => [...names])),
    addresses: addresses.then((sets) => new Set(sets.flatMap((set) => [...set]))),
  };
}

async function addressesOf(host: string, lookUp: LookUp): Promise<readonly string[]> {
  if (familyOf(host) !== undefined) return [host];
  const lookup = await lookUp(host);
  switch (lookup.kind) {
    case "found":
      return lookup.addresses;
    case "not-found":
      throw new StopHostError(`Cannot look up the stop host "${host}": name not found`);
    case "timed-out":
      throw new StopHostError(`Cannot look up the stop host "${host}": timed out`);
    case "dns-failure":
    case "no-resources":
      throw new StopHostError(`Cannot look up the stop host "${host}": ${lookup.cause}`);
  }
}
