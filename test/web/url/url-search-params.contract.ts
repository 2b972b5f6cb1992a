import { cases } from "../../contract/cases.ts";

export default cases({
  "from strings": ({ globals: { URLSearchParams }, assert }) => {
    const parsed: [string, [string, string][]][] = [
      ["", []],
      ["?", []],
      ["?a=b", [["a", "b"]]],
      ["??a=b", [["?a", "b"]]],
      ["a", [["a", ""]]],
      [
        "a=b=c&&d&=e&=",
        [
          ["a", "b=c"],
          ["d", ""],
          ["", "e"],
          ["", ""],
        ],
      ],
      ["a+b=%20c%2B", [["a b", " c+"]]],
      ["%e2%82%ac=%ff%zz%4", [["\u20ac", "\ufffd%zz%4"]]],
      ["a=%F0%9F%92%A9%c3%a9x", [["a", "\u{1f4a9}\u00e9x"]]],
      [
        "a=%C3%28&b=%ED%A0%80&c=%F4%90%80%80",
        [
          ["a", "\ufffd("],
          ["b", "\ufffd\ufffd\ufffd"],
          ["c", "\ufffd\ufffd\ufffd\ufffd"],
        ],
      ],
      [
        "a=%C0%AF&b=%E2%82&c=%C3\u00a9",
        [
          ["a", "\ufffd\ufffd"],
          ["b", "\ufffd"],
          ["c", "\ufffd\u00a9"],
        ],
      ],
      ["\ufeffa=%EF%BB%BF", [["\ufeffa", "\ufeff"]]],
      ["\ud800=\udc00", [["\ufffd", "\ufffd"]]],
      ["a\u0000b=%00", [["a\u0000b", "\u0000"]]],
    ];
    for (const [input, pairs] of parsed) assert.deepEqual([...new URLSearchParams(input)], pairs, input);
  },

  "what is not ASCII is encoded as UTF-8": ({ globals: { URLSearchParams }, assert }) => {
    assert.strictEqual(
      new URLSearchParams([["\u00e9\u07ff", "\u0800\uffff\u{10000}\u{10ffff} ~"]]).toString(),
      "%C3%A9%DF%BF=%E0%A0%80%EF%BF%BF%F0%90%80%80%F4%8F%BF%BF+%7E",
    );
    const long = "\u{1f4a9}x".repeat(100);
    assert.strictEqual(new URLSearchParams(`a=${new URLSearchParams([["", long]])}`).get("a"), `=${long}`);
  },

  "from pairs, records and other objects": ({ globals: { URLSearchParams }, assert }) => {
    const text = (init: unknown) => new URLSearchParams(init as string).toString();
    assert.strictEqual(
      text([
        ["a", "b"],
        ["a", "c"],
      ]),
      "a=b&a=c",
    );
    assert.strictEqual(text(new Map([["x", "1"]])), "x=1");
    assert.strictEqual(text({ b: 1, a: null, "?c": true }), "b=1&a=null&%3Fc=true");
    assert.strictEqual(text({ "\ud800": "x", "\ufffd": "y" }), "%EF%BF%BD=y");
    assert.strictEqual(text(new URLSearchParams("p=q&p=r")), "p=q&p=r");
    assert.strictEqual(text(undefined), "");
    assert.strictEqual(text(null), "null=");
    assert.strictEqual(text(12), "12=");
    assert.strictEqual(
      text(() => 0),
      "",
    );
    assert.strictEqual(text([]), "");
    assert.throws(() => text([["a"]]), TypeError, "length 1");
    assert.throws(() => text([["a", "b", "c"]]), TypeError, "length 3");
    assert.throws(() => text([1]), TypeError);
    assert.throws(() => text({ [Symbol.iterator]: 1 }), TypeError);
    assert.throws(() => text(Symbol("s")), TypeError);
    const copied = new URLSearchParams("a=1");
    new URLSearchParams(copied).append("b", "2");
    assert.strictEqual(copied.toString(), "a=1");
  },

  serialises: ({ globals: { URLSearchParams }, assert }) => {
    assert.strictEqual(
      new URLSearchParams({ "a b": "!'()~*-._ \u20ac&=+%\u0000\ud83d\ude00" }).toString(),
      "a+b=%21%27%28%29%7E*-._+%E2%82%AC%26%3D%2B%25%00%F0%9F%98%80",
    );
    assert.strictEqual(new URLSearchParams("=&a").toString(), "=&a=");
  },

  "append, get, getAll, has, size": ({ globals: { URLSearchParams }, assert }) => {
    const params = new URLSearchParams("a=1&b=2&a=3");
    assert.strictEqual(params.size, 3);
    params.append("c", 4 as unknown as string);
    assert.strictEqual(params.get("a"), "1");
    assert.isNull(params.get("z"));
    assert.deepEqual(params.getAll("a"), ["1", "3"]);
    assert.deepEqual(params.getAll("z"), []);
    assert.isTrue(params.has("c"));
    assert.isTrue(params.has("a", "3"));
    assert.isFalse(params.has("a", "2"));
    assert.isTrue(params.has("a", undefined));
    assert.strictEqual(params.size, 4);
    params.append("\ud800", "\udc00");
    assert.strictEqual(params.get("\ufffd"), "\ufffd");
  },

  "delete with and without a value": ({ globals: { URLSearchParams }, assert }) => {
    const params = new URLSearchParams("a=1&b=2&a=3&a=1");
    params.delete("a", "1");
    assert.strictEqual(params.toString(), "b=2&a=3");
    params.delete("a", "x");
    params.delete("x");
    assert.strictEqual(params.toString(), "b=2&a=3");
    params.delete("a", undefined);
    assert.strictEqual(params.toString(), "b=2");
  },

  "set replaces the first and removes the others": ({ globals: { URLSearchParams }, assert }) => {
    const params = new URLSearchParams("a=1&b=2&a=3&c=4");
    params.set("a", "x");
    params.set("d", "5");
    assert.strictEqual(params.toString(), "a=x&b=2&c=4&d=5");
  },

  "sort is stable and by UTF-16 code units": ({ globals: { URL, URLSearchParams }, assert }) => {
    const params = new URLSearchParams("z=1&\ufffc=2&\u{1f308}=3&z=0&a=4&\uff0e=5&=6");
    params.sort();
    assert.deepEqual([...params.keys()], ["", "a", "z", "z", "\u{1f308}", "\uff0e", "\ufffc"]);
    assert.deepEqual(params.getAll("z"), ["1", "0"]);
    const url = new URL("http://h/?b&a");
    url.searchParams.sort();
    assert.strictEqual(url.href, "http://h/?a=&b=");
  },

  "iteration sees what changes meanwhile": ({ globals: { URL, URLSearchParams }, assert }) => {
    const params = new URLSearchParams("a=1&b=2&c=3");
    const seen: string[] = [];
    for (const [name] of params) {
      seen.push(name);
      params.delete(name);
    }
    assert.deepEqual(seen, ["a", "c"]);
    const url = new URL("http://h/?a=0&b=1&c=2");
    const names: string[] = [];
    for (const name of url.searchParams.keys()) {
      names.push(name);
      if (name === "a") url.search = "x&y&z";
    }
    assert.deepEqual(names, ["a", "y", "z"]);
    const grown: string[] = [];
    const growing = new URLSearchParams("a");
    growing.forEach((_value, name) => {
      grown.push(name);
      if (grown.length < 3) growing.append(`${name}+`, "");
    });
    assert.deepEqual(grown, ["a", "a+", "a++"]);
  },

  "iterators and forEach": ({ globals: { URLSearchParams }, assert }) => {
    const params = new URLSearchParams("a=1&b=2");
    assert.deepEqual(
      [...params.entries()],
      [
        ["a", "1"],
        ["b", "2"],
      ],
    );
    assert.deepEqual([...params.values()], ["1", "2"]);
    assert.strictEqual(params[Symbol.iterator], params.entries);
    assert.strictEqual(Object.prototype.toString.call(params.keys()), "[object URLSearchParams Iterator]");
    const calls: unknown[] = [];
    params.forEach(function (this: unknown, ...args) {
      calls.push([this, ...args]);
    }, "t");
    assert.lengthOf(calls, 2);
    assert.deepEqual((calls[0] as unknown[]).slice(1, 3), ["1", "a"]);
    assert.strictEqual((calls[0] as unknown[])[3], params);
    assert.throws(() => params.forEach(1 as never), TypeError);
    const { next } = params.keys();
    assert.throws(() => next.call({} as never), TypeError);
  },

  "arguments and brand": ({ globals: { URLSearchParams }, assert }) => {
    const params = new URLSearchParams() as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const [name, needed] of [
      ["append", 2],
      ["delete", 1],
      ["get", 1],
      ["getAll", 1],
      ["has", 1],
      ["set", 2],
      ["forEach", 1],
    ] as const) {
      assert.strictEqual(params[name]!.length, needed, name);
      assert.throws(() => params[name]!(...Array(needed - 1).fill("x")), TypeError, "required", name);
      assert.throws(() => params[name]!.call({}, "x", "y"), TypeError, "Illegal invocation", name);
    }
    for (const name of ["sort", "toString", "keys", "values", "entries"]) {
      assert.throws(() => params[name]!.call({}), TypeError, "Illegal invocation", name);
    }
    assert.throws(() => (URLSearchParams.prototype as { size: number }).size, TypeError);
    assert.strictEqual(URLSearchParams.length, 0);
  },

  "the interface looks as IDL says": ({ globals: { URLSearchParams }, assert }) => {
    assert.deepEqual(Object.keys(URLSearchParams.prototype).sort(), [
      "append",
      "delete",
      "entries",
      "forEach",
      "get",
      "getAll",
      "has",
      "keys",
      "set",
      "size",
      "sort",
      "toString",
      "values",
    ]);
    assert.strictEqual(Object.prototype.toString.call(new URLSearchParams()), "[object URLSearchParams]");
  },
});
