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
