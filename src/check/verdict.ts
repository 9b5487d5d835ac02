import type { Availability } from "../probe/outcome.ts";
import { type Identity, standing } from "./stop-rule.ts";

/** What is known so far of one target, in list order; one that is skipped for a reason of its own does not count. */
export interface Known {
  readonly preference: number | null;
  readonly identity: Identity;
  readonly availability: Availability | "skipped" | "unknown";
  /** Its place in the order in which the outcomes arrived; of no meaning while availability is unknown. */
  readonly arrival: number;
}

/** Which available server is the answer: the first of the list, or the first to answer. */
export type Order = "list" | "arrival";

/** What is required of the servers that count: that none is available (the classic meaning), that one is, or every one. */
export type Requirement = "none" | "any" | "all";

/**
 * The answer: the index of the server to name, or that it is no, or that it cannot be told because of this machine.
 * What was asked is whether one is available, or, for the requirement `all`, whether every one is.
 */
export type Verdict =
  | { readonly availability: "available"; readonly at: number }
  | { readonly availability: "unavailable" }
  | { readonly availability: "undetermined" };

/**
 * The verdict as soon as nothing that is still unknown can change it; undefined until then.
 *
 * Where the stop host stands may be unknown. Each place where it can be is tried, with every other unknown left open:
 * the verdict has fallen when all of them give the same one.
 */
export function judge(known: readonly Known[], order: Order, requirement: Requirement): Verdict | undefined {
  let verdict: Verdict | undefined;
  for (const stopAt of possibleStops(known)) {
    const here = requirement === "all" ? areAllUp(known, stopAt, order) : isOneUp(known, stopAt, order);
    if (here === undefined || (verdict !== undefined && !isSame(verdict, here))) return undefined;
    verdict = here;
  }
  return verdict;
}

/** Where the stop host can still turn out to be (past the end: nowhere), the farthest place first: it leaves most open, so it is the likeliest to say "not yet". */
export function possibleStops(known: readonly Known[]): readonly [number, ...number[]] {
  const stops: [number, ...number[]] = [known.length];
  let at = 0;
  for (const { identity } of known) {
    if (identity === "stop") {
      stops[0] = at;
      break;
    }
    if (identity === "unknown") stops.push(at);
    at += 1;
  }
  return stops;
}

function isOneUp(known: readonly Known[], stopAt: number, order: Order): Verdict | undefined {
  let [earliest, earliestAt] = [Number.POSITIVE_INFINITY, -1];
  let [isOpen, isUndetermined] = [false, false];
  for (const [at, { availability, arrival }] of known.entries()) {
    if (at === stopAt) break;
    if (standing(known, stopAt, at) !== "counts") continue;
    if (availability === "available" && arrival < earliest) [earliest, earliestAt] = [arrival, at];
    if (availability === "unknown") isOpen = true;
    if (availability === "undetermined") isUndetermined = true;
    if (order === "list" && (isOpen || earliestAt !== -1)) break;
  }
  if (earliestAt !== -1) return { availability: "available", at: earliestAt };
  if (isOpen) return undefined;
  return { availability: isUndetermined ? "undetermined" : "unavailable" };
}

/** One that is not decides; that there is none to count is a no too. */
function areAllUp(known: readonly Known[], stopAt: number, order: Order): Verdict | undefined {
  const counting = known.filter((_, at) => at !== stopAt && standing(known, stopAt, at) === "counts");
  const has = (wanted: Known["availability"]) => counting.some(({ availability }) => availability === wanted);
  if (has("unavailable")) return { availability: "unavailable" };
  if (has("unknown")) return undefined;
  return has("undetermined") ? { availability: "undetermined" } : isOneUp(known, stopAt, order);
}

function isSame(one: Verdict, other: Verdict): boolean {
  if (one.availability !== "available" || other.availability !== "available") {
    return one.availability === other.availability;
  }
  return one.at === other.at;
}
