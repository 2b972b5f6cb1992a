/**
 * What is said about a list of measurements. The machines are shared, so nothing here is a mean.
 */

/** The value below which a `part` (0 to 1) of the list lies. */
export function quantile(list, part) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export function median(list) {
  return quantile(list, 0.5);
}

/** The median of the ratios of what was measured in the same round: a slow moment of the machine hits both. */
export function medianRatio(list, base) {
  return median(list.map((value, round) => value / base[round]));
}

/** "1.85 M/s" */
export function rate(perSecond) {
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ]) {
    if (perSecond >= size) return `${(perSecond / size).toPrecision(3)} ${unit}/s`;
  }
  return `${perSecond.toPrecision(3)} /s`;
}

/** A Markdown table. @param rows lists of texts, the first one is the head */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const line = (row) => `| ${row.map((cell, column) => String(cell).padEnd(widths[column])).join(" | ")} |`;
  return [line(rows[0]), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.slice(1).map(line)].join("\n");
}
