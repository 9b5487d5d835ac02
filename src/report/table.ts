import type { Report } from "../check/report.ts";
import { type ServerReport, type Status, statusOf } from "../probe/outcome.ts";
import { cleanText } from "../text/clean-text.ts";
import { clip } from "./clip.ts";
import { explain, renderAge } from "./explain.ts";
import { renderTarget } from "./render-target.ts";
import { tally } from "./tally.ts";

/** Colours a text after what it says of a server; returns it as it is where colours are not wanted. */
export type Paint = (text: string, status: Status) => string;

/** How a table is drawn. */
export interface TableOptions {
  readonly paint: Paint;
  /** The time of day by which the age of cached answers is told, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** The width of the terminal; without one, or with none worth the name (0), nothing is clipped. */
  readonly columns?: number | undefined;
}

/** One line of the table: its aligned cells, what follows them, and what it says of its server. */
interface Row {
  readonly cells: readonly string[];
  readonly remark: string;
  readonly status: Status | null;
}

const HEADER: Row = {
  cells: ["Pref", "Server", "Address", "Verdict", "DNS ms", "Conn ms", "Greet ms"],
  remark: "What it said, or why not",
  status: null,
};
const VERDICT_AT = 3;
const ALIGNED_RIGHT: ReadonlySet<number> = new Set([0, 4, 5, 6]);
const GAP = "  ";
const NOTHING = "-";
/** With fewer columns left for the remarks they get lines of their own. */
const MIN_REMARK_COLUMNS = 24;
const REMARK_INDENT = "      ";

/** Tells the verdicts apart where there are no colours. */
const MARKS: Readonly<Record<Status, string>> = {
  available: "+",
  unavailable: "!",
  undetermined: "?",
  skipped: NOTHING,
};

/** The report for a person: a line a server, aligned, and a summary at the end. */
export function renderTable(report: Report, options: TableOptions): string {
  const columns = options.columns || Infinity;
  const rows = [HEADER, ...report.servers.map((server) => describe(server, options.nowMs))];
  const table = report.servers.length === 0 ? [] : [...layOut(rows, columns, options.paint), ""];
  return `${[...table, clip(summarize(report), columns)].join("\n")}\n`;
}

function describe(report: ServerReport, nowMs: number): Row {
  const { target, outcome, address, dnsMs, connectMs, greetingMs } = report;
  const status = statusOf(outcome);
  const age = renderAge(report, nowMs);
  return {
    cells: [
      target.preference === null ? NOTHING : String(target.preference),
      renderTarget(target),
      cleanText(address ?? NOTHING),
      `${MARKS[status]} ${status}`,
      ...[dnsMs, connectMs, greetingMs].map((ms) => (ms === null ? NOTHING : ms.toFixed(1))),
    ],
    remark: (age === null ? "" : `(${age}) `) + explain({ outcome, address: null }),
    status,
  };
}

function layOut(rows: readonly Row[], columns: number, paint: Paint): readonly string[] {
  const widths = HEADER.cells.map((_, at) => widest(rows.map(({ cells }) => cells[at] ?? "")));
  const left = columns - widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const areStacked = left < Math.min(MIN_REMARK_COLUMNS, widest(rows.map(({ remark }) => remark)));

  return rows.flatMap(({ cells, remark, status }) => {
    const aligned = cells.map((cell, at) => align(cell, widths[at] ?? 0, ALIGNED_RIGHT.has(at)));
    const line = (areStacked ? aligned : [...aligned, remark]).join(GAP);
    const start = aligned.slice(0, VERDICT_AT).join(GAP).length + GAP.length;
    const end = start + (cells[VERDICT_AT] ?? "").length;
    const clipped = clip(line.trimEnd(), columns);
    const painted = status === null ? clipped : paintPart(clipped, start, end, (part) => paint(part, status));
    return areStacked && status !== null ? [painted, clip(REMARK_INDENT + remark, columns)] : [painted];
  });
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => Bun.stringWidth(text)));
}

function align(text: string, width: number, isRight: boolean): string {
  const padding = " ".repeat(width - Bun.stringWidth(text));
  return isRight ? padding + text : text + padding;
}

function paintPart(text: string, start: number, end: number, paint: (part: string) => string): string {
  const part = text.slice(start, end);
  return part === "" ? text : text.slice(0, start) + paint(part) + text.slice(end);
}

function summarize(report: Report): string {
  const counts = tally(report.servers);
  const shares = Object.entries(counts).filter(([, count]) => count > 0);
  const shown = shares.map(([status, count]) => `${count} ${status}`).join(", ");
  const requirement = `--require ${report.requirement} ${renderMet(report)}`;
  return `${headline(report)} (${requirement}): ${shown || "no servers"}; ${report.elapsedMs.toFixed(1)} ms`;
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
