import { isSuccess, type ServerReport } from "../probe/outcome.ts";
import type { QuitStage } from "../smtp/attempt.ts";
import { familyOf } from "../text/address.ts";
import type { Target } from "../text/target.ts";
import { type CertLeft, certificateLeft } from "./cert-left.ts";
import type { Thresholds } from "./nagios-status.ts";
import { renderTarget } from "./render-target.ts";
import { stagesMsOf } from "./stages.ts";

/** Labels that need no quotes anywhere. */
const PLAIN_LABEL = /^[\w.:-]+$/;
const IPV6_GROUPS = 8;

/**
 * The time in which each server became available, in seconds, as performance data: `label=value;warn;crit;min;` with U
 * for a time that there is not (Monitoring Plugins Development Guidelines, "Performance data"), as of a server that is
 * not available: how fast it refused would look like a good time in a graph.
 */
export function renderPerfdata(
  servers: readonly ServerReport[],
  { warning, critical, certLeft }: Pick<Thresholds, "warning" | "critical" | "certLeft">,
  quitAfter: QuitStage,
  nowMs: number,
): string {
  const labels = uniqueLabels(servers.map(({ target }) => target));
  const taken = new Set(labels);
  const limits = `${warning?.text ?? ""};${critical?.text ?? ""};0;`;
  return servers
    .flatMap((server, at) => {
      const { outcome, elapsedMs } = server;
      const label = labels[at] ?? "";
      const isTimed = isSuccess(outcome) && elapsedMs !== null;
      const value = isTimed ? `${(elapsedMs / 1000).toFixed(6)}s` : "U";
      const stages = quitAfter === "greeting" ? [] : stagesOf(server);
      const further = [...stages, ...certificateOf(server, certLeft, nowMs)];
      const named = further.map(
        ([what, figures]) => `${quoted(unique(`${label}_${what}`, taken))}=${figures}`,
      );
      return [`${quoted(label)}=${value};${limits}`, ...named];
    })
    .join(" ");
}

/** What is told of a server beside its time, and the figures of that. */
type Figures = readonly [what: string, figures: string];

/** What each stage took that was begun, whatever came of it. */
function stagesOf(server: ServerReport): readonly Figures[] {
  return Object.entries(stagesMsOf(server)).flatMap(([stage, ms]) =>
    ms === null ? [] : [[stage, `${(ms / 1000).toFixed(6)}s;;;0;`] as const],
  );
}

/** The days that its certificate has left; alerts are due below the limits (`14:`). */
function certificateOf(
  server: ServerReport,
  limits: CertLeft | undefined,
  nowMs: number,
): readonly Figures[] {
  const left = certificateLeft(server, limits, nowMs);
  if (left === undefined) return [];
  const below = (days: number | undefined) => (days === undefined ? "" : `${Number(days.toFixed(2))}:`);
  return [["cert_days", `${left.days.toFixed(2)};${below(left.warningDays)};${below(left.criticalDays)};;`]];
}

function uniqueLabels(targets: readonly Target[]): readonly string[] {
  const labels = new Set<string>();
  for (const target of targets) unique(labelOf(target), labels);
  return [...labels];
}

/** A label that has not been taken, and is from now on. */
function unique(label: string, taken: Set<string>): string {
  let free = label;
  for (let count = 2; taken.has(free); count += 1) free = `${label}_${count}`;
  taken.add(free);
  return free;
}

/** No `=`, `|` or `\`, the marks of a value, of performance data and of a line end: they cannot be escaped in a label. */
function labelOf(target: Target): string {
  const server = familyOf(target.host) === 6 ? withoutDoubleColon(target.host) : target.server;
  return renderTarget({ server, port: target.port }).replace(/[=|\\]/g, "_");
}

/** An IPv6 address with its zeros written out: Icinga 2 takes `::` in a label for the prefix of those that follow. */
function withoutDoubleColon(address: string): string {
  const [digits = "", zone] = address.split("%");
  const [head = "", tail] = digits.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  if (tail === undefined) return address;
  const zeros = new Array<string>(IPV6_GROUPS - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].join(":") + (zone === undefined ? "" : `%${zone}`);
}

function quoted(label: string): string {
  return PLAIN_LABEL.test(label) ? label : `'${label.replaceAll("'", "''")}'`;
}
