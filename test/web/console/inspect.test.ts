/**
 * Compares our inspect and format with Node's own, value by value. An isolate prints the same text on every
 * Node: that of Node 20, the oldest we run on. What newer ones print differently is named here.
 */
import { format as nodeFormat, inspect as nodeInspect } from "node:util";
import { describe, expect, test } from "vitest";
import "../../../src-ts/index.ts";
import { format } from "../../../src-ts/web/console/inspect/format.ts";
import { inspect } from "../../../src-ts/web/console/inspect/inspect.ts";
import { values } from "./values.ts";

const optionSets: Record<string, object> = {
  default: {},
  "depth 0": { depth: 0 },
  "depth Infinity": { depth: Number.POSITIVE_INFINITY },
  showHidden: { showHidden: true },
  colors: { colors: true },
  "showProxy, sorted": { showProxy: true, sorted: true },
  "compact false": { compact: false },
  "narrow, few": { breakLength: 40, maxArrayLength: 3, maxStringLength: 10 },
  "getters, separators": { getters: true, numericSeparator: true },
};

const node_major = Number(process.versions.node.split(".")[0]);

/** Values by what newer Nodes print differently. */
const changes: { since: number; what: string; options?: string; names: RegExp }[] = [
  { since: 22, what: "buffers: [byteLength] in brackets", names: /^(array buffer|data view|shared array buffer|in object: buffers)/ },
  { since: 22, what: "the tag after a subclass's name: MyMap(1) [Map] (not in 26)", names: /^(map|set|promise) subclass$/ },
  { since: 22, what: "hidden properties of typed arrays", options: "showHidden", names: /^typed array/ },
  {
    since: 24,
    what: "symbol keys without brackets",
    names: /^(array with keys|array with tag|error with tag|null prototype with tag|own tag|symbol keys|symbol with newline)$/,
  },
  { since: 24, what: "-0 with separators", options: "getters, separators", names: /^(-0|boxed -0|typed array floats)$/ },
  { since: 26, what: "Proxy(…)", names: /^proxy/ },
  { since: 26, what: "regular expressions in many colours", options: "colors", names: /^regexp/ },
];

/** Where Node's text is not what we want, and why. */
function isSkipped(name: string, optionsName: string): boolean {
  // Node greys the frames of its own modules and underlines package names; an isolate has neither.
  if (optionsName === "colors" && /^(error|aggregate)/.test(name)) return true;
  // Node takes SharedArrayBuffer for a class that the script made and lists its prototype's getters.
  if (optionsName === "showHidden" && name === "shared array buffer") return true;
  return changes.some(({ since, options, names }) => node_major >= since && (options ?? optionsName) === optionsName && names.test(name));
}

for (const [optionsName, options] of Object.entries(optionSets)) {
  describe(`inspect, ${optionsName}`, () => {
    for (const [name, value] of Object.entries(values)) {
      if (isSkipped(name, optionsName)) continue;
      test(name, () => {
        expect(inspect(value, options)).toBe(nodeInspect(value, options));
      });
    }
  });
}

describe("format", () => {
  const calls: unknown[][] = [
    [],
    ["only %s"],
    ["100%"],
    ["%"],
    ["%s is %d years and %i, %f", "Bob", "42.5", "42.9", "1.5x"],
    ["%s %s", "one"],
    ["%s", null],
    ["%s", undefined],
    ["%s", Symbol("x")],
    ["%s", 10n],
    ["%s", -0],
    ["%s", { a: { b: 1 } }],
    ["%s", [1, [2, [3]]]],
    ["%s", () => 1],
    ["%s", class A {}],
    ["%s", { toString: () => "mine" }],
    [
      "%s",
      new (class B {
        toString() {
          return "B!";
        }
      })(),
    ],
    ["%s", new Date(0)],
    ["%s", Object.create(null)],
    ["%d %d %d %d", 1n, Symbol("x"), "abc", -0],
    ["%i %i %i", 1.9, "7px", 3n],
    ["%f %f", "1.25abc", Symbol("x")],
    ["%j", { a: [1] }],
    ["%j", undefined],
    ["%j", values.cycle],
    ["%o", { f() {} }],
    ["%o", [1, 2]],
    ["%O", { a: { b: { c: { d: 1 } } } }],
    ["%c styled", "color: red"],
    ["%% %s", "x"],
    ["%%%s%%", "x"],
    ["%x %s", "x", "y"],
    ["a", "b", { c: "d" }, 1, "it's"],
    [{ a: 1 }, "b", "%s"],
    [1, 2, "3"],
    ["%s", "a", "b", { c: 1 }],
    ["", "a"],
    ["%s%s", "a"],
  ];
  for (const call of calls) {
    test(nodeInspect(call, { depth: 1, breakLength: Number.POSITIVE_INFINITY }), () => {
      expect(format(call)).toBe(nodeFormat(...call));
    });
  }
});

test("a value nested thousands of levels deep is cut off, not an error", () => {
  let value: unknown = 1;
  for (let level = 0; level < 100_000; level++) value = { value };
  expect(inspect(value, { depth: Number.POSITIVE_INFINITY })).toContain("Inspection interrupted prematurely");
});

test("the work for a list grows as the list does", () => {
  /** Getters called, and characters put together. */
  const work = (length: number): { reads: number; joined: number } => {
    const counted = { reads: 0, joined: 0 };
    const entry = {
      tags: ["a", "b"],
      get nested() {
        counted.reads++;
        return { ok: true };
      },
    };
    const list = Array.from({ length }, () => entry);
    const { join } = Array.prototype;
    Array.prototype.join = function (separator) {
      const text = join.call(this, separator);
      counted.joined += text.length;
      return text;
    };
    try {
      expect(inspect(list, { maxArrayLength: null, getters: true }).length).toBeGreaterThan(20 * length);
    } finally {
      Array.prototype.join = join;
    }
    return counted;
  };
  const [few, many] = [work(100), work(10_000)];
  expect(many.reads).toBe(10_000);
  expect(many.joined / few.joined).toBeCloseTo(100, 0);
});
