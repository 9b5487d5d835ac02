import type { Lookups } from "../probe/lookups.ts";
import { familyOf } from "../text/address.ts";
import type { Listed } from "./server-list.ts";
import type { StopRule } from "./stop-hosts.ts";

/** Whoever waits for the stop gate. */
export interface GateKeeper {
  identify(at: number, identity: "stop" | "other"): void;
  /** Some targets have been identified; called after a number of them. */
  advance(): void;
}

/**
 * Tells of every target whether it is a stop host: a name by its name at once, and by its addresses when it has been
 * looked up. All names are looked up at the same time; nobody is identified before the stop hosts' own addresses are
 * known. What is known of a target without looking it up is another, and so is one whose lookup fails.
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

  const named: { readonly at: number; readonly found: Promise<readonly string[]> }[] = [];
  for (const [at, { target, outcome }] of candidates.entries()) {
    if (outcome !== undefined || familyOf(target.host) !== undefined) continue;
    const found = lookups
      .of(target.host)
      .then(({ lookup }) => (lookup.kind === "found" ? lookup.addresses : []));
    found.catch(() => {});
    named.push({ at, found });
  }

  const stop = await addresses;
  for (const [at, { target, outcome }] of candidates.entries()) {
    if (outcome !== undefined) keeper.identify(at, "other");
    else if (familyOf(target.host) !== undefined)
      keeper.identify(at, stop.has(target.host) ? "stop" : "other");
  }
  keeper.advance();
  await Promise.all(
    named.map(async ({ at, found }) => {
      const isStop = (await found).some((address) => stop.has(address));
      keeper.identify(at, isStop ? "stop" : "other");
      keeper.advance();
    }),
  );
}
