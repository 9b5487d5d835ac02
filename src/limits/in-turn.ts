/** What is tried in turn, and what its results mean. */
export interface Turns<Item, Result> {
  readonly items: readonly Item[];
  readonly staggerMs: number;
  /** Starts one; calls `begun` when it is really under way, for the stagger runs from then on, and `settled` once. */
  start(item: Item, begun: () => void, settled: (result: Result) => void): void;
  /** Whether another may be started. */
  goesOn(): boolean;
  isGood(result: Result): boolean;
  /** Which of several failures tells most, the lowest first. */
  rank(result: Result): number;
  /** Called once: with what decides, and all results by then, in the order in which they came. */
  over(decisive: Result, all: readonly Result[]): void;
}

/**
 * Tries things in turn, the next one a stagger after the last or at once when one fails; the first good result wins, a
 * slow one too, and of failures the most telling decides. There is at least one. The stagger alone keeps no process alive.
 */
export function inTurn<Item, Result>(turns: Turns<Item, Result>): void {
  const { items, staggerMs } = turns;
  const results: Result[] = [];
  let [next, pending, isWaiting, isOver] = [0, 0, false, false];
  let timer: Timer | undefined;

  const begun = () => {
    isWaiting = false;
    if (!isOver && next < items.length) timer = setTimeout(startNext, staggerMs).unref();
  };

  const startNext = () => {
    clearTimeout(timer);
    const item = items[next];
    if (item === undefined || isWaiting || isOver || (next > 0 && !turns.goesOn())) return;
    next += 1;
    pending += 1;
    isWaiting = true;
    turns.start(item, begun, settle);
  };

  const settle = (result: Result) => {
    if (isOver) return;
    results.push(result);
    pending -= 1;
    const isGood = turns.isGood(result);
    if (!isGood) startNext();
    if (isOver || (!isGood && pending > 0)) return;
    isOver = true;
    clearTimeout(timer);
    turns.over(isGood ? result : mostTelling(results, result, turns.rank), results);
  };

  startNext();
}

function mostTelling<Result>(
  results: readonly Result[],
  last: Result,
  rank: (result: Result) => number,
): Result {
  let best = results[0] ?? last;
  for (const result of results) if (rank(result) < rank(best)) best = result;
  return best;
}
