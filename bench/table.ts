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

/** A Markdown table whose columns are aligned, so that it reads as well in a terminal. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) =>
    Math.max(3, ...[header, ...rows].map((row) => Bun.stringWidth(row[column] ?? name))),
  );
  const rule = widths.map((width) => "-".repeat(width));
  return [header, rule, ...rows].map((row) => line(row, widths)).join("\n");
}

function line(row: readonly string[], widths: readonly number[]): string {
  const padded = widths.map((width, column) => {
    const cell = row[column] ?? "";
    return cell + " ".repeat(width - Bun.stringWidth(cell));
  });
  return `| ${padded.join(" | ")} |`;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The median over rounds of one side's value divided by the other's in the same round. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}
