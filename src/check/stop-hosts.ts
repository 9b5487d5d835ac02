import { addressesFound, type LimitedLookup, type Lookups, mostTellingFailure } from "../probe/lookups.ts";
import { canonicalAddress, canonicalAddressOfAnySpelling, familyOf } from "../text/address.ts";
import { cannotRead, ToldError } from "../text/errors.ts";
import { parseHost } from "../text/target.ts";
import { hostFault } from "../text/target-fault.ts";

/** A --stop name that cannot be looked up: whether it stands in the list cannot be told, so nothing can. */
export class StopHostError extends ToldError {
  override readonly name = "StopHostError";
}

/** Most names and addresses of this machine that an error shows. */
const MAX_SHOWN = 8;

/** Looks one name up, within the limit of a target: what each family comes to. */
export type LookUp = (host: string) => Promise<readonly LimitedLookup[]>;

/**
 * Reads a host given to --stop: a name, or an address in any spelling.
 * @throws {UsageError} when it is neither.
 */
export function parseStopHost(text: string): string {
  const host = canonicalAddressOfAnySpelling(text) ?? parseHost(text);
  if (host === undefined)
    throw cannotRead(
      text,
      "a stop host",
      "a host name or an address, such as mx2.example.org",
      hostFault(text),
    );
  return host;
}

/** Addresses, by whether one is among them. */
export interface Addresses {
  has(address: string): boolean;
}

/** The stop hosts of one run: known by name at once, and by address when they have been looked up. */
export interface StopRule {
  readonly names: ReadonlySet<string>;
  /** Rejects with a {@link StopHostError} when one of them cannot be looked up. */
  readonly addresses: Promise<Addresses>;
  /** What is wrong when none of them stands in the list; left out when that is all right. */
  readonly missing?: StopHostError;
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
  if (first === undefined) return undefined;
  const rule = union([first, ...others]);
  // A run may end before it waits for them; their failure is then nobody's.
  rule.addresses.catch(() => {});
  return rule;
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
 * This machine as a stop host: the addresses of its interfaces, loopback and unspecified ones, its host name, and what
 * that is looked up to. Many a machine cannot look its own name up; its interfaces then say enough. It must stand in the
 * list: one that is not found there, behind NAT for instance, would count every server, itself too.
 */
export function thisMachine(lookUp: LookUp): StopRule {
  const os = process.getBuiltinModule("node:os");
  const own = new Set<string>();
  const shown: string[] = [];
  for (const [name, addresses = []] of Object.entries(os.networkInterfaces())) {
    for (const { address, internal, ...of } of addresses) {
      const canonical = canonicalAddress(address) ?? address;
      for (const zone of ["", `%${name}`, "scopeid" in of ? `%${of.scopeid}` : ""]) own.add(canonical + zone);
      if (!internal) shown.push(canonical);
    }
  }
  const name = parseHost(os.hostname());
  const lookedUp = name === undefined ? Promise.resolve([]) : lookUp(name).then(addressesFound);
  return {
    names: new Set(name === undefined ? [] : [name]),
    addresses: lookedUp.then((addresses) => {
      const named = new Set(addresses);
      return { has: (address) => own.has(address) || named.has(address) || isThisHost(address) };
    }),
    missing: notListed([...(name === undefined ? [] : [name]), ...shown]),
  };
}

/** Loopback and unspecified addresses, which lead to this machine whatever its interfaces (RFC 1122 §3.2.1.3, RFC 4291 §2.5). */
function isThisHost(address: string): boolean {
  return /^(?:127\.|0\.0\.0\.0$|::1?(?:%|$))/.test(address);
}

function notListed(looks: readonly string[]): StopHostError {
  const shown = looks.slice(0, MAX_SHOWN).join(", ");
  const more = looks.length > MAX_SHOWN ? ` and ${looks.length - MAX_SHOWN} more` : "";
  return new StopHostError(
    `Cannot find this machine among the servers: looked for ${shown}${more}; --stop HOST names it otherwise`,
  );
}

/** Several rules as one. That none of them stands in the list is wrong when it is for one. */
export function union(rules: readonly [StopRule, ...StopRule[]]): StopRule {
  const addresses = Promise.all(rules.map((rule) => rule.addresses));
  const missing = rules.find((rule) => rule.missing !== undefined)?.missing;
  return {
    names: new Set(rules.flatMap(({ names }) => [...names])),
    addresses: addresses.then((sets) => ({ has: (address) => sets.some((set) => set.has(address)) })),
    ...(missing === undefined ? {} : { missing }),
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
