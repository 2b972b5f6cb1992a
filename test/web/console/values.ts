/**
 * Values whose text must be the one that Node's util.inspect gives, each under a name.
 */

class Plain {
  x = 1;
}
class Extended extends Plain {
  get y() {
    return 2;
  }
}
class Tagged {
  get [Symbol.toStringTag]() {
    return "Tag";
  }
}
class MyArray extends Array<number> {}
class MyMap extends Map<string, number> {}
class MySet extends Set<number> {}
class MyError extends Error {
  override name = "MyError";
}
class Unnamed extends Error {}
class MyPromise<T> extends Promise<T> {}
class MyBytes extends Uint8Array {}
class WithSecret {
  #secret = 1;
  shown = this.#secret;
}

function withoutPrototype<T extends object>(value: T): T {
  return Object.setPrototypeOf(value, null) as T;
}

function args(..._: unknown[]): unknown {
  return arguments;
}

const cycle: Record<string, unknown> = { name: "cycle" };
cycle.self = cycle;
cycle.list = [cycle, { cycle }];
const crossA: Record<string, unknown> = {};
const crossB = { a: crossA };
crossA.b = crossB;
const cyclicMap = new Map<string, unknown>();
cyclicMap.set("me", cyclicMap);
const cyclicSet = new Set<unknown>();
cyclicSet.add(cyclicSet);

const shared = { n: 1 };
const nullPrototype = Object.create(null) as Record<string, unknown>;
nullPrototype.a = 1;
const rejected = Promise.reject(new RangeError("rejected"));
rejected.catch(() => {});
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const detached = new ArrayBuffer(8);
structuredClone(detached, { transfer: [detached] });

const longWords = Array.from({ length: 27 }, (_, index) => "word".repeat((index % 4) + 1) + index);
const noStack = new Error("no stack");
noStack.stack = undefined as never;
const renamed = new Error("renamed");
renamed.name = "Renamed";
const emptyMessage = new Error("");
const extraKeys = Object.assign(new TypeError("with keys"), { code: "ERR_X", details: { a: 1 } });
const enumerableMessage = Object.defineProperty(new Error("msg"), "message", { enumerable: true, value: "msg" });
const withCause = new Error("outer", { cause: new TypeError("inner", { cause: "root" }) });
const aggregate = new AggregateError([new Error("one"), new TypeError("two"), 3], "several");
const stackless = new Error("line one\nline two");
const errorWithoutPrototype = withoutPrototype(new Error("bare"));
const accessors = {
  get a() {
    return 1;
  },
  set b(_: number) {},
  get c() {
    return 1;
  },
  set c(_: number) {},
};
const hidden = Object.defineProperty({ seen: 1 }, "unseen", { value: 2, enumerable: false });
// biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
const sparse = [1, , , 4, , 6] as unknown[];
const arrayWithKeys = Object.assign([1, 2, 3], { name: "x", [Symbol("s")]: 1, "-1": 2 });
const functionWithKeys = Object.assign(function named() {}, { a: 1, b: { c: 2 } });
// biome-ignore lint/complexity/noStaticOnlyClass: such a class is what is printed
const classWithStatic = class Static {
  static value = 1;
};
const nullFunction = withoutPrototype(function lost() {});
const deep = { a: { b: { c: { d: { e: 1 } } } }, list: [[[[1]]]], map: new Map([["k", new Map([["k", new Map([["k", {}]])]])]]) };

export const values: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  true: true,
  "-0": -0,
  NaN: Number.NaN,
  1e21: 1e21,
  "123456789.12": 123456789.12,
  bigint: -12345678901234567890n,
  symbol: Symbol("a b"),
  "symbol without description": Symbol(),
  "symbol with newline": { [Symbol("a\nb")]: 1 },
  string: "it's",
  "string with both quotes": `it's "it"`,
  "string with all quotes": 'it\'s "it" `it`',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a string is meant
  "string with template": 'it\'s "it" ${x}',
  "string with controls": "\0\u0001\b\t\n\v\f\r\u001b\u007f\u0080\u009f\\",
  "string with lone surrogates": "a\ud800b\udc00c😀",
  "string in object": { s: "a'b", t: "x\ny", u: "\u{1f600}" },
  "long string": "x".repeat(200),
  "very long string": "y".repeat(10_005),
  "long string with lines in object": { text: "first line of text\nsecond line\n".repeat(6) },
  "empty object": {},
  object: { a: 1, b: "two", c: [3], "d-e": 4, 5: 6, "": 7 },
  "object with __proto__ key": JSON.parse('{"__proto__": 1}'),
  "object of many": Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`key${index}`, index])),
  "object of 76 columns": { aaaaaaaaaa: "aaaaaaaaaa", bbbbbbbbbb: "bbbbbbbbbb", cccccccccc: "cccccccccc" },
  "object of 72 columns": { aaaaaaaaaa: "aaaaaaaaaa", bbbbbbbbbb: "bbbbbbbbbb", cccccccccc: "ccccc" },
  "nested small": { a: { b: { c: {} } } },
  deep,
  "nested that breaks": {
    first: { one: "1".repeat(20), two: "2".repeat(20) },
    second: { three: "3".repeat(30), four: [1, 2, 3] },
  },
  "three levels on a line": { a: { b: { c: 1 } }, d: { e: { f: { g: 1 } } } },
  "null prototype": nullPrototype,
  "null prototype, empty": Object.create(null),
  "null prototype with tag": withoutPrototype({ [Symbol.toStringTag]: "T", a: 1 }),
  accessors,
  hidden,
  "symbol keys": { [Symbol("k")]: 1, [Symbol.iterator]: undefined },
  "hidden symbol key": Object.defineProperty({}, Symbol("h"), { value: 1 }),
  class: Plain,
  "class extends": Extended,
  "class anonymous": class {},
  "class with static": classWithStatic,
  "class extends null": (() => {
    return class Nothing extends null {};
  })(),
  instance: new Plain(),
  "instance of derived": new Extended(),
  "instance, empty": new (class Empty {})(),
  "instance with tag": new Tagged(),
  "instance with private": new WithSecret(),
  "instance of anonymous class": new (class {})(),
  "own tag": { [Symbol.toStringTag]: "Own" },
  "own constructor": { constructor: "x" },
  "prototype of class": Plain.prototype,
  "prototype of derived class": Extended.prototype,
  "object of object": Object.create({ a: 1 }),
  "object of instance": Object.create(new Plain()),
  function: function named() {},
  arrow: () => {},
  "function anonymous": (() => () => {})(),
  "async function": async function af() {},
  "async arrow": async () => {},
  generator: function* g() {},
  "async generator": async function* ag() {},
  "function with keys": functionWithKeys,
  "function null prototype": nullFunction,
  method: {
    run() {},
    class() {},
    async *go() {},
  },
  "bound function": function target() {}.bind(null),
  "native function": Array.prototype.map,
  "generator object": (function* g() {})(),
  array: [1, 2, 3],
  "array empty": [],
  "array of 6": [1, 2, 3, 4, 5, 6],
  "array of 7": [1, 2, 3, 4, 5, 6, 7],
  "array of 100": Array.from({ length: 100 }, (_, index) => index),
  "array of 101": Array.from({ length: 101 }, (_, index) => index),
  "array of 250": Array.from({ length: 250 }, (_, index) => index * 1000),
  "array of words": longWords,
  "array of mixed": [1, "two", null, undefined, true, 3n, Symbol("s"), {}],
  "array of negatives": [-1, -22, -333, -4444, 5, 66, 777, 8888],
  "array of bigints": [1n, 22n, 333n, 4444n, 5n, 66n, 777n],
  "array of objects": Array.from({ length: 8 }, (_, index) => ({ id: index, name: `n${index}` })),
  "array of arrays": Array.from({ length: 10 }, (_, index) => [index, index * index]),
  "array of long and short": ["a", "b", "c", "d", "e", "f", "g".repeat(60)],
  "array of long strings": Array.from({ length: 8 }, (_, index) => `${index}`.repeat(40)),
  "array in object": { list: Array.from({ length: 30 }, (_, index) => index), rest: 1 },
  "array nested empty": [[], [[]], [[[]]], [[[[]]]]],
  sparse,
  "sparse only": new Array(5),
  "sparse long": Object.assign(new Array(200), { 150: 1 }),
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
  "sparse one": [, 1],
  "array with keys": arrayWithKeys,
  "array subclass": MyArray.from([1, 2]),
  "array subclass, empty": new MyArray(),
  "array null prototype": withoutPrototype([1, 2]),
  "array with tag": Object.assign([1], { [Symbol.toStringTag]: "T" }),
  arguments: args(1, "a"),
  "arguments, empty": args(),
  map: new Map<unknown, unknown>([
    ["a", 1],
    [{ k: 1 }, [1, 2]],
    [3, new Map()],
  ]),
  "map empty": new Map(),
  "map subclass": new MyMap([["a", 1]]),
  "map with keys": Object.assign(new Map([[1, 2]]), { extra: true }),
  "map null prototype": withoutPrototype(new Map([[1, 2]])),
  "map of many": new Map(Array.from({ length: 120 }, (_, index) => [index, `${index}`])),
  "map long": new Map([["k".repeat(40), "v".repeat(40)]]),
  set: new Set<unknown>([1, "two", { three: 3 }, [4]]),
  "set empty": new Set(),
  "set subclass": new MySet([1]),
  "set null prototype": withoutPrototype(new Set([1])),
  "set of many": new Set(Array.from({ length: 120 }, (_, index) => index)),
  "set of 20": new Set(Array.from({ length: 20 }, (_, index) => index)),
  "map keys": new Map([["a", 1]]).keys(),
  "map values": new Map([["a", 1]]).values(),
  "map entries": new Map([["a", { b: 1 }]]).entries(),
  "set values": new Set([1, 2]).values(),
  "set entries": new Set([1, 2]).entries(),
  "array iterator": [1, 2][Symbol.iterator](),
  "string iterator": "ab"[Symbol.iterator](),
  "weak map": new WeakMap([[shared, 1]]),
  "weak set": new WeakSet([shared]),
  "promise pending": new Promise(() => {}),
  "promise fulfilled": Promise.resolve({ a: 1 }),
  "promise subclass": MyPromise.resolve(4),
  "promise with keys": Object.assign(Promise.resolve(1), { k: 1 }),
  "array buffer": new Uint8Array([0, 1, 255]).buffer,
  "array buffer long": new ArrayBuffer(120),
  "array buffer empty": new ArrayBuffer(0),
  "array buffer detached": detached,
  "shared array buffer": new SharedArrayBuffer(4),
  "typed array": new Uint8Array([1, 2, 3]),
  "typed array long": new Float64Array(120).fill(1.5),
  "typed array empty": new Int8Array(),
  "typed array big": new BigInt64Array([1n, -2n]),
  "typed array floats": new Float32Array([1.5, -0, Number.NaN]),
  "typed array subclass": new MyBytes(2),
  "typed array with keys": Object.assign(new Uint16Array(1), { k: 1 }),
  "typed array null prototype": withoutPrototype(new Uint8Array([1, 2])),
  "data view": new DataView(new ArrayBuffer(4), 1, 2),
  "in object: buffers": { a: new ArrayBuffer(2), b: new Uint8Array(2), c: new DataView(new ArrayBuffer(1)) },
  date: new Date(0),
  "date invalid": new Date(Number.NaN),
  "date with keys": Object.assign(new Date(0), { k: 1 }),
  "date null prototype": withoutPrototype(new Date(0)),
  "date subclass": new (class MyDate extends Date {})(0),
  regexp: /a\/b/giu,
  "regexp with keys": Object.assign(/x/, { k: 1 }),
  "regexp subclass": new (class MyRegExp extends RegExp {})("x", "g"),
  "regexp null prototype": withoutPrototype(/x/g),
  "boxed number": new Number(3),
  "boxed -0": new Number(-0),
  "boxed string": new String("abc"),
  "boxed string with keys": Object.assign(new String("abc"), { k: 1 }),
  "boxed boolean": new Boolean(false),
  "boxed bigint": Object(1n),
  "boxed symbol": Object(Symbol("s")),
  "boxed null prototype": withoutPrototype(new Number(3)),
  "boxed subclass": new (class MyString extends String {})("x"),
  error: new Error("message"),
  "error in object": { error: new Error("inside") },
  "error in array": [new Error("inside")],
  "error with newline in object": { stackless },
  "error empty message": emptyMessage,
  "error without stack": noStack,
  "error renamed": renamed,
  "error with keys": extraKeys,
  "error with keys in object": { extraKeys },
  "error enumerable message": enumerableMessage,
  "error with cause": withCause,
  "error with cause in object": { deep: { withCause } },
  "error subclass": new MyError("mine"),
  "error subclass without name": new Unnamed("unnamed"),
  "error null prototype": errorWithoutPrototype,
  "error with undefined cause": new Error("x", { cause: undefined }),
  "error with Error cause key": Object.assign(new Error("own"), { cause: new Error("why") }),
  "error with tag": Object.assign(new Error("tagged"), { [Symbol.toStringTag]: "T" }),
  "error with stack set": Object.assign(new Error("a"), { stack: "custom stack" }),
  "error with message like frames": new Error("x\n    at fake (file.js:1:1)"),
  aggregate,
  "error-like object": { name: "Error", message: "m", stack: "s" },
  cycle,
  "cycle of two": crossA,
  "cycle of two, other": [crossA, crossB],
  "cycle in map": cyclicMap,
  "cycle in set": cyclicSet,
  "same object twice": [shared, shared],
  proxy: new Proxy({ a: 1 }, {}),
  "proxy of proxy": new Proxy(new Proxy({ a: 1 }, {}), {}),
  "proxy of array": new Proxy([1, 2], {}),
  "proxy of function": new Proxy(function target() {}, {}),
  "proxy with traps": new Proxy(
    { a: 1 },
    {
      get() {
        throw new Error("trap");
      },
      ownKeys() {
        throw new Error("trap");
      },
    },
  ),
  "proxy revoked": revoked.proxy,
  "proxy in object": { p: new Proxy(new Map([[1, 2]]), {}) },
  "custom inspection": { [Symbol.for("nodejs.util.inspect.custom")]: () => "custom!" },
  "custom inspection of object": { [Symbol.for("nodejs.util.inspect.custom")]: () => ({ other: 1 }) },
  "custom inspection in object": { inner: { [Symbol.for("nodejs.util.inspect.custom")]: () => "two\nlines" } },
  "custom inspection with depth": {
    inner: { [Symbol.for("nodejs.util.inspect.custom")]: (depth: number) => `depth ${depth}` },
  },
  "Math, JSON, globalThis parts": [Math, JSON, Reflect, Atomics, Intl],
  "weak ref": new WeakRef(shared),
  "wide and narrow keys": { a: "a".repeat(60), b: 1, c: { d: "d".repeat(30), e: "e".repeat(30) } },
  "object in array of 7": [{ a: 1 }, { a: 2 }, { a: 3 }, { a: 4 }, { a: 5 }, { a: 6 }, { a: 7 }],
  "undefined values": { a: undefined, b: null, c: [undefined, null] },
  "date in array": [new Date(0), new Date(1)],
  "functions in object": { f: function f() {}, g: () => {}, h: class H {}, i: Symbol },
};
