import type { Kept, KeptFilter } from "../cache/store.ts";
import { statusOf } from "../probe/outcome.ts";
import { cleanText } from "../text/clean-text.ts";
import { parseTargets } from "../text/target.ts";
import { explain, renderReply } from "./explain.ts";

/** How the list of what is kept is written. */
export type CacheFormat = "table" | "json";

/**
 * What is kept, in the order of the servers' names: a table for a person, or one JSON object on one line
 * (`{"version":1,"kept":[…]}`). Either ends with a newline; an empty table is its headings alone.
 */
export function renderKept(list: readonly Kept[], format: CacheFormat, nowMs: number): string {
  const sorted = [...list].sort(byQuestion);
  switch (format) {
    case "table":
      return renderTable([HEADINGS, ...sorted.map((kept) => toRow(kept, nowMs))]);
    case "json":
      return `${JSON.stringify({ version: 1, kept: sorted.map((kept) => toRecord(kept, nowMs)) })}\n`;
  }
}

/**
 * Reads the servers whose outcomes are to be forgotten: as on the command line, but one without a port means every port.
 * @throws {UsageError} when one of them is not a server.
 */
export function parseKeptFilters(servers: readonly string[]): readonly KeptFilter[] {
  return servers
    .flatMap((server) => parseTargets(server, ANY_PORT))
    .map(({ host, port }) => ({ host, port: port === ANY_PORT ? null : port }));
}

/** No port that can be given. */
const ANY_PORT = 0;

const HEADINGS = ["SERVER", "PORT", "FAMILY", "ASKED", "STATUS", "AGE", "LEFT", "WHY"] as const;

function toRow(kept: Kept, nowMs: number): readonly string[] {
  const { question, outcome, checkedAtMs, expiresAtMs } = kept;
  const { host, port, family, manner = "greeting" } = question;
  const times = [nowMs - checkedAtMs, expiresAtMs - nowMs].map(renderSeconds);
  const [age = "", left = ""] = times;
  return [
    host,
    port === 0 ? "-" : `${port}`,
    family === null ? "any" : `IPv${family}`,
    manner,
    statusOf(outcome),
    age,
    left,
    explain(kept),
  ];
}

function toRecord({ question, outcome, address, checkedAtMs, expiresAtMs, limitMs }: Kept, nowMs: number) {
  const reply = "reply" in outcome ? outcome.reply : null;
  return {
    host: question.host,
    port: question.port === 0 ? null : question.port,
    family: question.family,
    asked: question.manner ?? "greeting",
    status: statusOf(outcome),
    reason: outcome.kind,
    stage: "stage" in outcome ? outcome.stage : null,
    cause: "cause" in outcome ? cleanText(outcome.cause) : null,
    code: reply?.code ?? null,
    reply: reply !== null ? renderReply(reply) : "text" in outcome ? cleanText(outcome.text) : null,
    address,
    checkedAt: new Date(checkedAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    ageMs: nowMs - checkedAtMs,
    leftMs: expiresAtMs - nowMs,
    limitMs,
  };
}

/** The first row is the headings. The last column is as wide as it is. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows
    .map((row) =>
      row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  "),
    )
    .map((line) => `${line}\n`)
    .join("");
}

function renderSeconds(durationMs: number): string {
  return `${Math.max(0, Math.round(durationMs / 1000))} s`;
}

function byQuestion({ question: one }: Kept, { question: other }: Kept): number {
  if (one.host !== other.host) return one.host < other.host ? -1 : 1;
  return one.port - other.port || (one.family ?? 0) - (other.family ?? 0);
}
