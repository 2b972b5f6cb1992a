/**
 * Puts the formatted entries of a value together: on one line, in columns, or each on its own line.
 */
import { type Context, Layout } from "./context.ts";
import { visibleLength } from "./options.ts";

/** Arrays with more entries are put in columns. */
const ungrouped_entries_max = 6;
const columns_max = 15;
/** A character is about this much higher than wide. */
const character_height = 2.5;
/** A comma and a space. */
const separator_length = 2;

export function joinEntries(
  context: Context,
  entries: string[],
  base: string,
  braces: readonly [string, string],
  layout: Layout,
  depth: number,
  value?: unknown,
): string {
  const start = base === "" ? braces[0] : `${base} ${braces[0]}`;
  if (context.compact === true) return joinCompact(context, entries, base, braces);
  let lines = entries;
  if (typeof context.compact === "number" && context.compact >= 1) {
    if (layout === Layout.Array && entries.length > ungrouped_entries_max) {
      lines = groupInColumns(context, entries, value);
    }
    // The innermost levels share a line when they fit; entries in columns never do.
    if (context.innermostDepth - depth < context.compact && lines.length === entries.length) {
      const fixed = lines.length + context.indentation + braces[0].length + base.length + 10;
      if (fits(context, lines, fixed, base)) {
        const joined = lines.join(", ");
        if (!joined.includes("\n")) return `${start} ${joined} ${braces[1]}`;
      }
    }
  }
  const newLine = `\n${" ".repeat(context.indentation)}`;
  return `${start}${newLine}  ${lines.join(`,${newLine}  `)}${newLine}${braces[1]}`;
}

function joinCompact(context: Context, entries: string[], base: string, braces: readonly [string, string]): string {
  if (fits(context, entries, 0, base)) {
    return `${braces[0]}${base === "" ? "" : ` ${base}`} ${entries.join(", ")} ${braces[1]}`;
  }
  const newLine = `\n${" ".repeat(context.indentation)}`;
  const lead = base === "" && braces[0].length === 1 ? " " : `${base === "" ? "" : ` ${base}`}\n${newLine.slice(1)}  `;
  return `${braces[0]}${lead}${entries.join(`,${newLine}  `)} ${braces[1]}`;
}

function fits(context: Context, entries: string[], fixed: number, base: string): boolean {
  let total = entries.length + fixed;
  if (total + entries.length > context.breakLength) return false;
  for (const entry of entries) {
    total += visibleLength(context, entry);
    if (total > context.breakLength) return false;
  }
  return base === "" || !base.includes("\n");
}

/** Puts short entries next to each other, in as many columns as make the block look about square. */
function groupInColumns(context: Context, entries: string[], value: unknown): string[] {
  // "... n more items" stays on its own line.
  const hasMore = (context.maxArrayLength as number) < entries.length;
  const count = hasMore ? entries.length - 1 : entries.length;
  const lengths: number[] = [];
  let total = 0;
  let longest = 0;
  for (let index = 0; index < count; index++) {
    const length = visibleLength(context, entries[index]!);
    lengths.push(length);
    total += length + separator_length;
    longest = Math.max(longest, length);
  }
  const widest = longest + separator_length;
  // At least three must fit in a row, and one long entry must not spread out all the short ones.
  const isEven = total / widest > 5 || longest <= 6;
  if (widest * 3 + context.indentation >= context.breakLength || !isEven) return entries;

  const bias = Math.sqrt(widest - total / entries.length);
  const biased = Math.max(widest - 3 - bias, 1);
  const columns = Math.min(
    Math.round(Math.sqrt(character_height * biased * count) / biased),
    Math.floor((context.breakLength - context.indentation) / widest),
    (context.compact as number) * 4,
    columns_max,
  );
  if (columns <= 1) return entries;

  const widths: number[] = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let index = column; index < count; index += columns) width = Math.max(width, lengths[index]!);
    widths.push(width + separator_length);
  }
  const isNumeric = value === undefined || holdsOnlyNumbers(value as ArrayLike<unknown>, entries.length);
  const rows: string[] = [];
  for (let first = 0; first < count; first += columns) {
    const end = Math.min(first + columns, count);
    let row = "";
    for (let index = first; index < end; index++) {
      const entry = entries[index]!;
      const isLast = index === end - 1;
      const padding = widths[index - first]! - lengths[index]! - separator_length;
      const space = " ".repeat(Math.max(padding, 0));
      if (isNumeric) row += space + entry + (isLast ? "" : ", ");
      else row += isLast ? entry : `${entry}, ${space}`;
    }
    rows.push(row);
  }
  if (hasMore) rows.push(entries[count]!);
  return rows;
}

function holdsOnlyNumbers(value: ArrayLike<unknown>, count: number): boolean {
  for (let index = 0; index < count; index++) {
    const type = typeof value[index];
    if (type !== "number" && type !== "bigint") return false;
  }
  return true;
}
