import type { Report } from "../check/report.ts";
import { type ServerReport, type Status, statusOf } from "../probe/outcome.ts";
import { renderAdvice } from "./advice.ts";
import { clip } from "./clip.ts";
import { type Column, columnsOf } from "./columns.ts";
import { explain, renderAge } from "./explain.ts";
import { renderTarget } from "./render-target.ts";
import { tally } from "./tally.ts";
import { wrap } from "./wrap.ts";

/** Colours a text after what it says of a server; returns it as it is where colours are not wanted. */
export type Paint = (text: string, status: Status) => string;

/** How a table is drawn. */
export interface TableOptions {
  readonly paint: Paint;
  /** The time of day by which the age of cached answers is told, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** The width of the terminal; without one, or with none worth the name (0), nothing is clipped. */
  readonly columns?: number | undefined;
  /** Whether somebody asked for the report's requirement, so that the summary speaks of it; unless told, when it is not "none". */
  readonly isRequirementGiven?: boolean;
}

/** One line of the table: its aligned cells, what follows them, and what it says of its server. */
interface Row {
  readonly cells: readonly string[];
  readonly remark: string;
  readonly status: Status | null;
}

/** A server's name is cut before its verdict is, down to this. */
const MIN_SERVER_COLUMNS = 8;
const REMARK_HEADING = "What it said, or why not";
const GAP = "  ";
/** With fewer columns left for the remarks, they get lines of their own. */
const MIN_REMARK_COLUMNS = 24;
const REMARK_INDENT = "      ";

/** The report for a person: a line a server, aligned, and a summary at the end. */
export function renderTable(report: Report, options: TableOptions): string {
  const columns = options.columns || Infinity;
  const parts = columnsOf(report, options.nowMs);
  const header = { cells: parts.map(({ heading }) => heading), remark: REMARK_HEADING, status: null };
  const rows = [header, ...report.servers.map((server) => describe(server, parts, options.nowMs))];
  const table = report.servers.length === 0 ? [] : [...layOut(rows, parts, columns, options.paint), ""];
  const advice = renderAdvice(report.servers)
    .flatMap((line) => wrap(line, columns))
    .map((line) => clip(line, columns));
  const isRequirementTold = options.isRequirementGiven ?? report.requirement !== "none";
  const requirement = isRequirementTold ? ` (--require ${report.requirement} ${renderMet(report)})` : "";
  const summary = wrap(summarize(report, requirement), columns);
  return `${[...table, ...summary, ...(advice.length === 0 ? [] : ["", ...advice])].join("\n")}\n`;
}

function describe(report: ServerReport, parts: readonly Column[], nowMs: number): Row {
  const age = renderAge(report, nowMs);
  return {
    cells: parts.map((part) => part.cell(report)),
    remark: (age === null ? "" : `(${age}) `) + explain({ outcome: report.outcome, address: null }),
    status: statusOf(report.outcome),
  };
}

function layOut(
  rows: readonly Row[],
  parts: readonly Column[],
  columns: number,
  paint: Paint,
): readonly string[] {
  const widths = parts.map((_, at) => widest(rows.map(({ cells }) => cells[at] ?? "")));
  const room = (kept: readonly number[]) =>
    columns - kept.reduce((sum, at) => sum + (widths[at] ?? 0) + GAP.length, 0);
  const all = [...parts.keys()];
  const areStacked = room(all) < Math.min(MIN_REMARK_COLUMNS, widest(rows.map(({ remark }) => remark)));
  const kept = droppable(parts).reduce(
    (left, at) => (isWide(room(left)) ? left : left.filter((each) => each !== at)),
    all,
  );
  const [serverAt, verdictAt] = (["server", "verdict"] as const).map((role) =>
    parts.findIndex((part) => part.role === role),
  ) as [number, number];
  if (!isWide(room(kept))) {
    const left = (widths[serverAt] ?? 0) + room(kept) + GAP.length;
    widths[serverAt] = Math.max(MIN_SERVER_COLUMNS, left);
  }

  return rows.flatMap(({ cells, remark, status }) => {
    const aligned = kept.map((at) => align(cells[at] ?? "", widths[at] ?? 0, parts[at]?.isRight === true));
    const line = (areStacked ? aligned : [...aligned, remark]).join(GAP);
    const before = aligned.slice(0, kept.indexOf(verdictAt));
    const start = before.map((cell) => cell + GAP).join("").length;
    const end = start + (cells[verdictAt] ?? "").length;
    const clipped = clip(line.trimEnd(), columns);
    const painted = status === null ? clipped : paintPart(clipped, start, end, (part) => paint(part, status));
    return areStacked && status !== null ? [painted, clip(REMARK_INDENT + remark, columns)] : [painted];
  });
}

/** What a terminal that is too narrow goes without, one after the other: what is left stays whole. */
function droppable(parts: readonly Column[]): readonly number[] {
  const rankOf = (at: number) => parts[at]?.dropped ?? null;
  const those = [...parts.keys()].filter((at) => rankOf(at) !== null);
  return those.toSorted((one, other) => (rankOf(one) ?? 0) - (rankOf(other) ?? 0));
}

/** Whether nothing needs to be dropped: the last column needs no gap behind it. */
function isWide(room: number): boolean {
  return room + GAP.length >= 0;
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => Bun.stringWidth(text)));
}

function align(text: string, width: number, isRight: boolean): string {
  const cut = clip(text, width);
  const padding = " ".repeat(width - Bun.stringWidth(cut));
  return isRight ? padding + cut : cut + padding;
}

function paintPart(text: string, start: number, end: number, paint: (part: string) => string): string {
  const part = text.slice(start, end);
  return part === "" ? text : text.slice(0, start) + paint(part) + text.slice(end);
}

function summarize(report: Report, requirement: string): string {
  const counts = tally(report.servers);
  const shares = Object.entries(counts).filter(([, count]) => count > 0);
  const shown = shares.map(([status, count]) => `${count} ${status}`).join(", ");
  return `${headline(report)}${requirement}: ${shown || "no servers"}; ${report.elapsedMs.toFixed(1)} ms`;
}

function headline({ verdict, server }: Report): string {
  switch (verdict) {
    case "available":
      return server === null ? "A server is available" : `Use ${renderTarget(server)}`;
    case "unavailable":
      return "No server is available";
    case "undetermined":
      return "Cannot tell whether a server is available, because of this machine";
  }
}

function renderMet({ met }: Report): string {
  if (met === null) return "cannot be told";
  return met ? "is met" : "is not met";
}
