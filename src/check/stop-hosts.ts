import { addressesFound, type LimitedLookup, type Lookups, mostTellingFailure } from "../probe/lookups.ts";
import { canonicalAddress, canonicalAddressOfAnySpelling, familyOf } from "../text/address.ts";
import { cannotRead, ToldError } from "../text/errors.ts";
import { parseHost } from "../text/target.ts";

/** A --stop name that cannot be looked up: whether it stands in the list cannot be told, so nothing can. */
export class StopHostError extends ToldError {
  override readonly name = "StopHostError";
}

/** Looks one name up, within the limit of a target: what each family comes to. */
export type LookUp = (host: string) => Promise<readonly LimitedLookup[]>;

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
  const lookUp = (host: string) => lookups.of(host).all();
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
  const named = lookUp(name).then(addressesFound);
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
  const lookups = await lookUp(host);
  const addresses = addressesFound(lookups);
  const failure = mostTellingFailure(lookups);
  if (failure?.kind === "no-resources") throw cannotLookUp(host, failure.cause);
  if (failure === undefined || addresses.length > 0) return addresses;
  switch (failure.kind) {
    case "not-found":
      throw cannotLookUp(host, "name not found");
    case "timed-out":
      throw cannotLookUp(host, "timed out");
    case "dns-failure":
      throw cannotLookUp(host, failure.cause);
  }
}

function cannotLookUp(host: string, why: string): StopHostError {
  return new StopHostError(`Cannot look up the stop host "${host}": ${why}`);
}
