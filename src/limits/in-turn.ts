/** What is tried in turn, and what its results mean. */
export interface Turns<Item, Result> {
  /** Takes out the next one to try; undefined when there is none now. */
  next(): Item | undefined;
  /** Whether more may come; whoever brings it calls {@link InTurn.resume}. */
  mayGrow(): boolean;
  readonly staggerMs: number;
  /** Starts one; calls `begun` when it is really under way, for the stagger runs from then on (again if it is begun anew), and `settled` once. */
  start(item: Item, begun: () => void, settled: (result: Result) => void): void;
  /** Whether another may be started. */
  goesOn(): boolean;
  isGood(result: Result): boolean;
  /** Which of several failures tells most, the lowest first. */
  rank(result: Result): number;
  /** Called once, when one is good, or when all that came have failed: with what decides, and all results in order. */
  over(decisive: Result | undefined, all: readonly Result[]): void;
}

/**
 * Tries things in turn, the next one a stagger after the last or at once when one fails; the first good result wins, a
 * slow one too, and of failures the most telling decides; nothing does where nothing came. The stagger alone keeps no
 * process alive. The function returned resumes it when there is more to try, or nothing more will come.
 */
export function inTurn<Item, Result>(turns: Turns<Item, Result>): () => void {
  const results: Result[] = [];
  let [started, pending, isBeginning, isOver] = [0, 0, false, false];
  let stagger: Timer | undefined;

  const begun = () => {
    isBeginning = false;
    clearTimeout(stagger);
    if (!isOver) stagger = setTimeout(staggered, turns.staggerMs).unref();
  };

  const staggered = () => {
    clearTimeout(stagger);
    stagger = undefined;
    startNext();
  };

  const startNext = () => {
    if (isOver || isBeginning || (started > 0 && !turns.goesOn())) return;
    const item = turns.next();
    if (item === undefined) return;
    clearTimeout(stagger);
    stagger = undefined;
    started += 1;
    pending += 1;
    isBeginning = true;
    turns.start(item, begun, settle);
  };

  const settle = (result: Result) => {
    if (isOver) return;
    results.push(result);
    pending -= 1;
    if (turns.isGood(result)) {
      end(result);
      return;
    }
    startNext();
    endIfExhausted();
  };

  const endIfExhausted = () => {
    if (isOver || pending > 0 || (turns.mayGrow() && (started === 0 || turns.goesOn()))) return;
    end(mostTelling(results, turns.rank));
  };

  const end = (decisive: Result | undefined) => {
    isOver = true;
    clearTimeout(stagger);
    turns.over(decisive, results);
  };

  const resume = () => {
    if (stagger === undefined || pending === 0) startNext();
    endIfExhausted();
  };

  resume();
  return resume;
}

function mostTelling<Result>(
  results: readonly Result[],
  rank: (result: Result) => number,
): Result | undefined {
  let [best] = results;
  for (const result of results) if (best !== undefined && rank(result) < rank(best)) best = result;
  return best;
}
