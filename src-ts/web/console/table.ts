/**
 * console.table (https://console.spec.whatwg.org/#table): which cells there are, and the box around them.
 */
import { ObjectKind } from "../../internal/numbers.gen.ts";
import { intrinsics } from "../../internal/ops.ts";
import { inspect } from "./inspect/inspect.ts";
import { withoutColors } from "./inspect/options.ts";

const index_column = "(index)";
const iteration_column = "(iteration index)";
const key_column = "Key";
const values_column = "Values";

/** Items of a cell's array that are shown. */
const cell_items_max = 3;

interface Column {
  name: string;
  /** May be sparse: a row without this column has an empty cell. */
  cells: string[];
}

type Cell = (value: unknown) => string;

const cellWith =
  (colors: boolean): Cell =>
  (value) => {
    const isLarge = typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 2;
    return inspect(value, { depth: isLarge ? -1 : 0, maxArrayLength: cell_items_max, breakLength: Infinity, colors });
  };

/**
 * @param data an object, array, Map, Set, or an iterator of the latter two
 * @param properties the columns to show; all by default
 * @param colors whether the values have colours
 */
export function formatTable(data: object, properties: readonly string[] | undefined, colors: boolean): string {
  return draw(columnsOf(data, properties, cellWith(colors)));
}

function columnsOf(data: object, properties: readonly string[] | undefined, cell: Cell): Column[] {
  const kind = intrinsics.classify(data);
  if (kind === ObjectKind.Map || kind === ObjectKind.Set || kind === ObjectKind.MapIterator || kind === ObjectKind.SetIterator) {
    const [entries, isKeyValue] = intrinsics.previewEntries(data) ?? [[], false];
    return isKeyValue ? pairColumns(entries, cell) : itemColumns(entries, cell);
  }
  return rowColumns(data as Record<string, unknown>, properties, cell);
}

const counted = (count: number, cell: Cell): Column => ({
  name: iteration_column,
  cells: Array.from({ length: count }, (_, index) => cell(index)),
});

function itemColumns(items: unknown[], cell: Cell): Column[] {
  return [counted(items.length, cell), { name: values_column, cells: items.map((item) => cell(item)) }];
}

function pairColumns(entries: unknown[], cell: Cell): Column[] {
  const keys: string[] = [];
  const values: string[] = [];
  for (let index = 0; index < entries.length; index += 2) {
    keys.push(cell(entries[index]));
    values.push(cell(entries[index + 1]));
  }
  return [counted(keys.length, cell), { name: key_column, cells: keys }, { name: values_column, cells: values }];
}

function rowColumns(data: Record<string, unknown>, properties: readonly string[] | undefined, cell: Cell): Column[] {
  const rows = Object.keys(data);
  const byName = new Map<string, string[]>();
  const values: string[] = [];
  let hasValues = false;
  rows.forEach((row, index) => {
    const item = data[row];
    const isPrimitive = item === null || (typeof item !== "object" && typeof item !== "function");
    if (isPrimitive && properties === undefined) {
      hasValues = true;
      values[index] = cell(item);
      return;
    }
    for (const name of properties ?? Object.keys(item as object)) {
      let cells = byName.get(name);
      if (cells === undefined) byName.set(name, (cells = []));
      const isThere = !isPrimitive && Object.hasOwn(item as object, name);
      cells[index] = isThere ? cell((item as Record<string, unknown>)[name]) : "";
    }
  });
  const columns: Column[] = [{ name: index_column, cells: rows }];
  for (const [name, cells] of orderedLikeKeys(byName)) columns.push({ name, cells });
  if (hasValues) columns.push({ name: values_column, cells: values });
  return columns;
}

/** Integer names come first and in order, as with the keys of any object. */
function orderedLikeKeys(byName: Map<string, string[]>): [string, string[]][] {
  const ordered: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, cells] of byName) ordered[name] = cells;
  return Object.keys(ordered).map((name) => [name, ordered[name]!]);
}

function draw(columns: Column[]): string {
  const rowCount = Math.max(...columns.map(({ cells }) => cells.length));
  const widths = columns.map(({ name, cells }) => {
    let width = columnsTaken(name);
    for (const text of cells) width = Math.max(width, columnsTaken(text ?? ""));
    return width + 2;
  });
  const lines = widths.map((width) => "─".repeat(width));
  const row = (cells: string[]): string =>
    `│${cells.map((text, index) => ` ${text}${" ".repeat(widths[index]! - columnsTaken(text) - 1)}`).join("│")}│`;
  let table = `┌${lines.join("┬")}┐\n${row(columns.map(({ name }) => name))}\n├${lines.join("┼")}┤\n`;
  for (let index = 0; index < rowCount; index++) {
    table += `${row(columns.map(({ cells }) => cells[index] ?? ""))}\n`;
  }
  return `${table}└${lines.join("┴")}┘`;
}

const emoji = /^\p{Emoji_Presentation}/u;

/** Columns of a terminal: wide East Asian characters and emoji take two, combining marks and colours none. */
function columnsTaken(text: string): number {
  let width = 0;
  for (const character of withoutColors(text).normalize("NFC")) {
    const code = character.codePointAt(0)!;
    if (code < 0x300) width += code >= 0x20 && (code < 0x7f || code >= 0xa0) ? 1 : 0;
    else if (!isZeroWidth(code)) width += isWide(code) || emoji.test(character) ? 2 : 1;
  }
  return width;
}

function isZeroWidth(code: number): boolean {
  return (
    (code >= 0x300 && code <= 0x36f) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x20d0 && code <= 0x20ff) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0xfe20 && code <= 0xfe2f) ||
    (code >= 0xe0100 && code <= 0xe01ef)
  );
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) ||
    (code >= 0x3250 && code <= 0x4dbf) ||
    (code >= 0x4e00 && code <= 0xa4c6) ||
    (code >= 0xa960 && code <= 0xa97c) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe10 && code <= 0xfe19) ||
    (code >= 0xfe30 && code <= 0xfe6b) ||
    (code >= 0xff01 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
