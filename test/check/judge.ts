import { type Identity, StopPlaces } from "../../src/check/stop-places.ts";
import { Ballot, type Order, type Requirement, type Verdict } from "../../src/check/verdict.ts";
import type { Status } from "../../src/probe/outcome.ts";

/** What is known so far of one target; `arrival` is its place in the order in which the outcomes arrived. */
export interface Known {
  readonly preference: number | null;
  readonly identity: Identity;
  readonly status: Status | "unknown";
  readonly arrival: number;
}

/** The verdict on a list of which so much is known. */
export function judge(known: readonly Known[], order: Order, requirement: Requirement): Verdict | undefined {
  const preferences = known.map(({ preference }) => preference);
  const stops = new StopPlaces(preferences, true, () => {});
  const ballot = new Ballot(preferences, stops);
  for (const [at, { identity }] of known.entries()) if (identity !== "unknown") stops.identify(at, identity);
  for (const { at, status } of known
    .map(({ status, arrival }, at) => ({ at, status, arrival }))
    .toSorted((one, other) => one.arrival - other.arrival)) {
    if (status !== "unknown") ballot.note(at, status);
  }
  return ballot.verdict(order, requirement);
}
