/** What a ratio has to reach; `reported` ratios are shown and not judged. */
export type Goal =
  | { readonly kind: "at-most"; readonly ratio: number }
  | { readonly kind: "at-least"; readonly ratio: number }
  | { readonly kind: "below"; readonly ratio: number }
  | { readonly kind: "reported" };

/** One line of the bench table. */
export type Row = {
  readonly what: string;
  readonly against: string;
  readonly goal: Goal;
  readonly result: Measured | Missing;
};

/** A ratio as the median of rounds, each of which measured both sides. */
export type Measured = {
  readonly kind: "measured";
  readonly ratio: number;
  readonly runs: string;
  /** Both sides in their own units, on this machine: context for the ratio, not a result. */
  readonly here: string;
};

/** A row that could not be measured, and what it lacks. */
type Missing = { readonly kind: "missing"; readonly lacks: string };

/** The header of the bench table. */
export const HEADER = ["what", "against", "measured", "to reach", "result", "runs", "medians here"] as const;

/** One row as the cells of the bench table. */
export function cells({ what, against, goal, result }: Row): readonly string[] {
  switch (result.kind) {
    case "measured":
      return [
        what,
        against,
        times(result.ratio),
        goalText(goal),
        judgement(goal, result.ratio),
        result.runs,
        result.here,
      ];
    case "missing":
      return [what, against, "", goalText(goal), `missing: ${result.lacks}`, "", ""];
  }
}

function goalText(goal: Goal): string {
  switch (goal.kind) {
    case "at-most":
      return `≤ ${goal.ratio} ×`;
    case "at-least":
      return `≥ ${goal.ratio} ×`;
    case "below":
      return `< ${goal.ratio} ×`;
    case "reported":
      return "";
  }
}

function judgement(goal: Goal, ratio: number): string {
  switch (goal.kind) {
    case "at-most":
      return ratio <= goal.ratio ? "met" : "not met";
    case "at-least":
      return ratio >= goal.ratio ? "met" : "not met";
    case "below":
      return ratio < goal.ratio ? "met" : "not met";
    case "reported":
      return "reported";
  }
}

function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 0.1 ? 3 : 2)} ×`;
}
