/**
 * Calls of every console method whose output must be the same as Node's; `console` is a parameter, so that
 * Node's own and ours can be given.
 */
export function callConsole(console: {
  // biome-ignore lint: both consoles
  [name: string]: any;
}): void {
  console.log();
  console.log("plain");
  console.log("%s has %d items: %o", "list", 3, [1, "two"], { more: true });
  console.log("100%", 5);
  console.log({ a: [1, 2, { b: new Map([["k", new Set([1])]]) }] }, null, undefined, -0, 10n, Symbol("s"));
  console.info("info", [1, 2, 3]);
  console.debug("debug", "a\nb");
  console.warn("warn", { code: 1 });
  console.error("error %s", "text");
  console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
  console.dir({ a: { b: { c: { d: 1 } } } }, { depth: null });
  console.dir("text");
  console.dirxml({ a: 1 }, "b");
  console.group("group %s", 1);
  console.log("inside\ntwo lines");
  console.warn("warned inside");
  console.group();
  console.log({ deep: { object: "x".repeat(60), other: "y".repeat(60) } });
  console.groupEnd();
  console.groupCollapsed("collapsed");
  console.table([{ a: 1 }]);
  console.groupEnd();
  console.groupEnd();
  console.groupEnd();
  console.log("outside");
  console.count();
  console.count("label");
  console.count("label");
  console.countReset("label");
  console.count("label");
  console.count(undefined);
  console.assert(true, "not shown");
  console.assert(false, "shown %s", "x");
  console.assert(false);
  console.table("no table");
  console.table(5);
  console.table([]);
  console.table([
    [1, "two"],
    [3, { four: 4 }],
  ]);
  console.table([{ a: 1, b: "x" }, { a: 2, c: [1, 2, 3, 4] }, 7]);
  console.table(
    [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ],
    ["b", "z"],
  );
  console.table(
    new Map<unknown, unknown>([
      ["key", { v: 1 }],
      [2, "two"],
    ]),
  );
  console.table(new Set([1, "b", { c: 1 }]));
  console.table({ row1: { x: 1 }, row2: { x: 2, "10": "ten", "2": "two" } });
  console.table([
    { name: "日本", emoji: "🎉" },
    { name: "é", emoji: "" },
  ]);
  console.table(new Map([["a", 1]]).entries());
  console.table([1, 2, 3].map((value) => ({ value, square: value * value })));
  console.table([null, undefined, 5, () => {}, { a: null }]);
  console.table([null, 5, { a: 1 }], ["a"]);
  console.table([{ a: { x: 1, y: 2, z: 3 }, b: { x: 1 }, c: [1, [2]] }]);
  console.table(new Set([1, "b"]).values());
  console.table(new Map([["a", 1]]).keys());
  console.table(new Map([["a", 1]]).values());
  console.table([
    { "\u4e00\ud55c\uff21": "\u3042\ufe35", "e\u0301\u200b": "\u1100\ua000\uf900" },
    { x: "\u{1f680}\u{20000}\ufe0f", y: "\x01\x7f\xa0" },
  ]);
}
