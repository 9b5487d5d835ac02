import type { Deadlines } from "../limits/deadline.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Attempt, AttemptOutcome } from "../smtp/conversation.ts";
import type { AttemptPool } from "./attempts.ts";

/** How long an address is tried alone before the next one joins in: the Connection Attempt Delay of RFC 8305 §5. */
export const STAGGER_MS = 250;

/** What came of probing one target: the attempt that decides, and all that came to an end, in that order. */
export interface Probe {
  readonly decisive: Attempt;
  readonly attempts: readonly Attempt[];
  /** Time spent, without that of waiting for a place in the pool. */
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
 * them together; waiting for a place in the pool does not use it up.
 */
export function probe(
  endpoints: readonly Endpoint[],
  budgetMs: number,
  pool: AttemptPool,
  deadlines: Deadlines,
): Promise<Probe> {
  const [first] = endpoints;
  if (first === undefined || endpoints.length > 1) return probeInTurn(endpoints, budgetMs, pool, deadlines);
  return pool.attempt(first, () => deadlines.after(budgetMs)).then(alone);
}

function alone(decisive: Attempt): Probe {
  const elapsedMs = (decisive.connectMs ?? 0) + (decisive.greetingMs ?? 0);
  return { decisive, attempts: [decisive], elapsedMs };
}

function probeInTurn(
  endpoints: readonly Endpoint[],
  budgetMs: number,
  pool: AttemptPool,
  deadlines: Deadlines,
): Promise<Probe> {
  return new Promise((resolve) => {
    const startedAtMs = performance.now();
    const won = new AbortController();
    const attempts: Attempt[] = [];
    let [next, pending, waitedMs, isWaiting, isOver] = [0, 0, 0, false, false];
    let timer: Timer | undefined;

    const leftMs = () => budgetMs - (performance.now() - startedAtMs - waitedMs);

    const startNext = () => {
      clearTimeout(timer);
      const endpoint = endpoints[next];
      if (endpoint === undefined || isWaiting || isOver || (next > 0 && leftMs() <= 0)) return;
      next += 1;
      pending += 1;
      isWaiting = true;
      const askedAtMs = performance.now();
      const admitted = () => {
        waitedMs += performance.now() - askedAtMs;
        isWaiting = false;
        if (next < endpoints.length) timer = setTimeout(startNext, STAGGER_MS);
        return AbortSignal.any([won.signal, deadlines.after(leftMs())]);
      };
      pool.attempt(endpoint, admitted).then(settle);
    };

    const settle = (attempt: Attempt) => {
      if (isOver) return;
      attempts.push(attempt);
      pending -= 1;
      if (attempt.outcome.kind !== "greeted") startNext();
      if (attempt.outcome.kind !== "greeted" && pending > 0) return;
      isOver = true;
      clearTimeout(timer);
      const elapsedMs = performance.now() - startedAtMs - waitedMs;
      resolve({ decisive: mostTelling(attempts, attempt), attempts, elapsedMs });
      won.abort();
    };

    startNext();
  });
}

function mostTelling(attempts: readonly Attempt[], last: Attempt): Attempt {
  return attempts.reduce(
    (best, attempt) => (rank(attempt) < rank(best) ? attempt : best),
    attempts[0] ?? last,
  );
}

function rank({ outcome }: Attempt): number {
  return RANK[outcome.kind];
}
