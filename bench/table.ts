/** What a figure has to reach; `reported` ratios are shown and not judged. */
export type Goal =
  | { readonly kind: "at-most"; readonly figure: number }
  | { readonly kind: "at-least"; readonly figure: number }
  | { readonly kind: "below"; readonly figure: number }
  | { readonly kind: "reported" };

/** One line of the bench table. */
export type Row = {
  readonly what: string;
  readonly against: string;
  /** What its figures are in; ratios where it is left out. */
  readonly unit?: "×" | "KiB" | "MiB" | "ms" | "a minute";
  readonly goal: Goal;
  readonly result: Measured | Missing;
};

/** A figure as the median of rounds, each of which measured both sides. */
export type Measured = {
  readonly kind: "measured";
  readonly figure: number;
  readonly runs: string;
  /** Both sides in their own units, on this machine: context for the figure, not a result. */
  readonly here: string;
};

/** A row that could not be measured, and what it lacks. */
type Missing = { readonly kind: "missing"; readonly lacks: string };

const HEADER = ["what", "against", "measured", "to reach", "result", "runs", "medians here"] as const;

/** The rows as a Markdown table whose columns are aligned, so that it reads as well in a terminal. */
export function markdownTable(rows: readonly Row[]): string {
  const lines = [HEADER, ...rows.map(cells)];
  const widths = HEADER.map((_, column) =>
    Math.max(...lines.map((line) => Bun.stringWidth(line[column] ?? ""))),
  );
  const rule = widths.map((width) => "-".repeat(width));
  return lines
    .toSpliced(1, 0, rule)
    .map((line) => aligned(line, widths))
    .join("\n");
}

function cells({ what, against, unit = "×", goal, result }: Row): readonly string[] {
  switch (result.kind) {
    case "measured":
      return [
        what,
        against,
        inUnit(result.figure, unit),
        goalText(goal, unit),
        judgement(goal, result.figure),
        result.runs,
        result.here,
      ];
    case "missing":
      return [what, against, "", goalText(goal, unit), `missing: ${result.lacks}`, "", ""];
  }
}

function goalText(goal: Goal, unit: string): string {
  switch (goal.kind) {
    case "at-most":
      return `≤ ${goal.figure} ${unit}`;
    case "at-least":
      return `≥ ${goal.figure} ${unit}`;
    case "below":
      return `< ${goal.figure} ${unit}`;
    case "reported":
      return "";
  }
}

function judgement(goal: Goal, figure: number): string {
  switch (goal.kind) {
    case "at-most":
      return figure <= goal.figure ? "met" : "not met";
    case "at-least":
      return figure >= goal.figure ? "met" : "not met";
    case "below":
      return figure < goal.figure ? "met" : "not met";
    case "reported":
      return "reported";
  }
}

function inUnit(figure: number, unit: string): string {
  return `${figure.toFixed(figure < 0.1 ? 3 : 2)} ${unit}`;
}

function aligned(line: readonly string[], widths: readonly number[]): string {
  const padded = widths.map((width, column) => {
    const cell = line[column] ?? "";
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
