import type { ServerReport } from "../probe/outcome.ts";
import { familyOf } from "../text/address.ts";
import type { Target } from "../text/target.ts";
import type { Thresholds } from "./nagios-status.ts";
import { renderTarget } from "./render-target.ts";

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
  { warning, critical }: Pick<Thresholds, "warning" | "critical">,
): string {
  const labels = uniqueLabels(servers.map(({ target }) => target));
  const limits = `${warning?.text ?? ""};${critical?.text ?? ""};0;`;
  return servers
    .map(({ outcome, elapsedMs }, at) => {
      const isTimed = outcome.kind === "greeted" && elapsedMs !== null;
      const value = isTimed ? `${(elapsedMs / 1000).toFixed(6)}s` : "U";
      return `${quoted(labels[at] ?? "")}=${value};${limits}`;
    })
    .join(" ");
}

function uniqueLabels(targets: readonly Target[]): readonly string[] {
  const labels = new Set<string>();
  for (const target of targets) {
    const label = labelOf(target);
    let unique = label;
    for (let count = 2; labels.has(unique); count += 1) unique = `${label}_${count}`;
    labels.add(unique);
  }
  return [...labels];
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
