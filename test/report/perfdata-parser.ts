/** One metric of a monitoring plugin's performance data, as a monitor reads it. */
interface Metric {
  readonly label: string;
  /** A number with its unit, or U. */
  readonly value: string;
  readonly limits: readonly string[];
}

/** What a monitor makes of a plugin's output. */
export interface PluginOutput {
  readonly short: string;
  readonly metrics: readonly Metric[];
  readonly long: readonly string[];
}

/**
 * Reads a plugin's output by the Monitoring Plugins Development Guidelines, strictly: one `|`, on the first line;
 * labels quoted where they must be, without `=`; values of digits, of times in seconds; five fields, two of them ranges.
 */
export function parsePluginOutput(text: string): PluginOutput {
  const [first = "", ...long] = text.replace(/\n$/, "").split("\n");
  const [short = "", perfdata = "", ...others] = first.split("|");
  if (others.length > 0 || long.some((line) => line.includes("|"))) throw new Error(`A second | in ${text}`);
  return { short: short.trimEnd(), metrics: parseMetrics(perfdata.trim()), long };
}

function parseMetrics(perfdata: string): readonly Metric[] {
  const metrics: Metric[] = [];
  for (let rest = perfdata; rest !== ""; ) {
    const [whole, quoted, bare, value, limits] =
      /^(?:'((?:[^'=]|'')+)'|([^'=\s]+))=(-?\d+(?:\.\d+)?s?|U)((?:;@?(?:(?:~|[\d.]+):)?(?:[\d.]+)?){2};0?;)(?: |$)/.exec(
        rest,
      ) ?? [];
    if (whole === undefined || value === undefined || limits === undefined)
      throw new Error(`No metric: ${rest}`);
    metrics.push({
      label: quoted?.replaceAll("''", "'") ?? bare ?? "",
      value,
      limits: limits.slice(1).split(";"),
    });
    rest = rest.slice(whole.length);
  }
  return metrics;
}
