import type { HostLookup, Lookups } from "../probe/lookups.ts";
import { familyOf } from "../text/address.ts";
import type { Listed } from "./listed.ts";
import { type Addresses, StopHostError, type StopRule } from "./stop-hosts.ts";

/** Whoever waits for the stop gate. */
export interface GateKeeper {
  identify(at: number, identity: "stop" | "other"): void;
  /** This machine could not look a target up, so that it may be a stop host or not. */
  doubt(why: StopHostError): void;
  /** Some targets have been identified; called after a number of them. */
  advance(): void;
}

/** What is known of one target's identity, or why nothing is. */
type Identified = "stop" | "other" | StopHostError;

/**
 * Tells of every target whether it is a stop host: a name by its name at once, and by its addresses when both families
 * have been answered or one address is the stop host's. All names are looked up at the same time; nobody is identified
 * before the stop hosts' own addresses are known. What is known of a target without looking it up is another, and so is
 * one whose lookup fails, unless it is this machine that failed.
 * @throws {StopHostError} when a stop host cannot be looked up.
 */
export async function passStopGate(
  listed: readonly Listed[],
  { names, addresses }: StopRule,
  lookups: Lookups,
  keeper: GateKeeper,
): Promise<void> {
  const namedAt = listed.findIndex(({ target }) => names.has(target.host));
  if (namedAt !== -1) keeper.identify(namedAt, "stop");
  const candidates = namedAt === -1 ? listed : listed.slice(0, namedAt);

  const named: { readonly at: number; readonly host: string; readonly lookup: HostLookup }[] = [];
  for (const [at, { target, outcome }] of candidates.entries()) {
    if (outcome !== undefined || familyOf(target.host) !== undefined) continue;
    named.push({ at, host: target.host, lookup: lookups.of(target.host) });
  }

  const stop = await addresses;
  for (const [at, { target, outcome }] of candidates.entries()) {
    if (outcome !== undefined) keeper.identify(at, "other");
    else if (familyOf(target.host) !== undefined)
      keeper.identify(at, stop.has(target.host) ? "stop" : "other");
  }
  keeper.advance();
  await Promise.all(
    named.map(async ({ at, host, lookup }) => {
      const identified = await identify(host, lookup, stop);
      if (typeof identified === "string") keeper.identify(at, identified);
      else keeper.doubt(identified);
      keeper.advance();
    }),
  );
}

function identify(host: string, lookup: HostLookup, stop: Addresses): Promise<Identified> {
  let doubt: StopHostError | undefined;
  return new Promise((resolve, failed) =>
    lookup.watch({
      heard({ lookup: answer }, isLast) {
        if (answer.kind === "found" && answer.addresses.some((address) => stop.has(address))) resolve("stop");
        if (answer.kind === "no-resources") doubt = doubtOf(host, answer.cause);
        if (isLast) resolve(doubt ?? "other");
      },
      failed,
    }),
  );
}

function doubtOf(host: string, cause: string): StopHostError {
  return new StopHostError(`Cannot tell whether "${host}" is the stop host: ${cause}`);
}
