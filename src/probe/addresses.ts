import { Deadline, type Deadlines, whicheverIsFirst } from "../limits/deadline.ts";
import { inTurn } from "../limits/in-turn.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Attempt, AttemptOutcome } from "../smtp/attempt.ts";
import { familyOf } from "../text/address.ts";
import type { Attempts } from "./attempts.ts";

/** How long an address is tried alone before the next one joins in: the Connection Attempt Delay of RFC 8305 §5. */
export const STAGGER_MS = 250;

/** What came of a host's addresses: the attempt that decides, and all that came to an end, in that order. */
export interface Tried {
  readonly decisive: Attempt;
  readonly attempts: readonly Attempt[];
  /** Time spent, without that of waiting for a place. */
  readonly elapsedMs: number;
}

/** Which of several failures tells most, the lowest first; that we failed ourselves outweighs any of them. */
const RANK: Readonly<Record<AttemptOutcome["kind"], number>> = {
  greeted: 0,
  "no-resources": 1,
  declined: 2,
  "not-smtp": 3,
  closed: 4,
  reset: 5,
  "timed-out": 6,
  refused: 7,
  unreachable: 8,
};

/**
 * Tries a host's endpoints in turn, the next one {@link STAGGER_MS} after the last or at once when one fails in any
 * way; the first that greets wins. There is at least one. The budget, in milliseconds and more than none, is for all of
 * them together; waiting for a place does not use it up.
 */
export function tryAddresses(
  endpoints: readonly Endpoint[],
  budgetMs: number,
  attempts: Attempts,
  deadlines: Deadlines,
  settled: (tried: Tried) => void,
): void {
  const [first] = endpoints;
  if (first === undefined || endpoints.length > 1) {
    tryInTurn(endpoints, budgetMs, attempts, deadlines, settled);
    return;
  }
  attempts.ask(first, {
    admitted: () => deadlines.after(budgetMs),
    settled: (decisive) => settled(alone(decisive)),
  });
}

function alone(decisive: Attempt): Tried {
  const elapsedMs = (decisive.connectMs ?? 0) + (decisive.greetingMs ?? 0);
  return { decisive, attempts: [decisive], elapsedMs };
}

function tryInTurn(
  endpoints: readonly Endpoint[],
  budgetMs: number,
  attempts: Attempts,
  deadlines: Deadlines,
  settled: (tried: Tried) => void,
): void {
  const startedAtMs = performance.now();
  let waitedMs = 0;
  const spentMs = () => performance.now() - startedAtMs - waitedMs;
  const won = new Deadline();

  inTurn<Endpoint, Attempt>({
    items: endpoints,
    staggerMs: STAGGER_MS,
    goesOn: () => spentMs() < budgetMs,
    isGood: ({ outcome }) => outcome.kind === "greeted",
    rank: ({ outcome }) => RANK[outcome.kind],
    start(endpoint, begun, ended) {
      const askedAtMs = performance.now();
      attempts.ask(endpoint, {
        admitted() {
          waitedMs += performance.now() - askedAtMs;
          begun();
          return whicheverIsFirst(won, deadlines.after(budgetMs - spentMs()));
        },
        settled: ended,
      });
    },
    over(decisive, all) {
      settled({ decisive, attempts: [...all], elapsedMs: spentMs() });
      won.come();
    },
  });
}

/**
 * Addresses in the order in which to try them: the families take turns, beginning with that of the first address
 * (RFC 8305 §4); within a family the resolver's order stands.
 */
export function interleaveFamilies(addresses: readonly string[]): readonly string[] {
  if (addresses.length < 2) return addresses;
  const first = addresses[0] === undefined ? undefined : familyOf(addresses[0]);
  const leading = addresses.filter((address) => familyOf(address) === first);
  const other = addresses.filter((address) => familyOf(address) !== first);
  return leading.flatMap((address, at) => {
    const isLast = at === leading.length - 1;
    return [address, ...(isLast ? other.slice(at) : other.slice(at, at + 1))];
  });
}
