/**
 * Every conversion of src-ts/internal/webidl against https://webidl.spec.whatwg.org/#js-type-mapping.
 */
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as webidl from "../../src-ts/internal/webidl.ts";

const at = "Thing.method: argument 1";
const object = (primitive: unknown): object => ({ valueOf: () => primitive });

describe("integers", () => {
  const table: [webidl.Converter<number>, unknown, number][] = [
    [webidl.byte, 128, -128],
    [webidl.byte, -129, 127],
    [webidl.octet, -1, 255],
    [webidl.octet, 256.9, 0],
    [webidl.short, 32768, -32768],
    [webidl.unsignedShort, -1, 65535],
    [webidl.unsignedShort, 65536 * 5 + 7, 7],
    [webidl.long, 2 ** 31, -(2 ** 31)],
    [webidl.long, 2 ** 32 + 5, 5],
    [webidl.long, -0, 0],
    [webidl.long, -0.9, 0],
    [webidl.unsignedLong, -1, 2 ** 32 - 1],
    [webidl.unsignedLong, 2 ** 32, 0],
    [webidl.unsignedLong, -(2 ** 53), 0],
    [webidl.longLong, 2 ** 63, -(2 ** 63)],
    [webidl.longLong, 2 ** 53, 2 ** 53],
    [webidl.longLong, -1.5, -1],
    [webidl.unsignedLongLong, -1, 2 ** 64],
    [webidl.unsignedLongLong, 2 ** 64 + 4096, 4096],
    [webidl.long, Number.NaN, 0],
    [webidl.long, Number.POSITIVE_INFINITY, 0],
    [webidl.long, "0x10", 16],
    [webidl.long, "", 0],
    [webidl.long, null, 0],
    [webidl.long, undefined, 0],
    [webidl.long, true, 1],
    [webidl.long, object(7.9), 7],
    [webidl.long, [12], 12],
    [webidl.longLongClamp, 1e30, 2 ** 53 - 1],
    [webidl.longLongClamp, -1e30, -(2 ** 53) + 1],
    [webidl.longLongClamp, Number.NaN, 0],
    [webidl.longLongClamp, 0.5, 0],
    [webidl.longLongClamp, 1.5, 2],
    [webidl.longLongClamp, 2.5, 2],
    [webidl.longLongClamp, -0.5, 0],
    [webidl.longLongClamp, -1.5, -2],
    [webidl.integer("octet", 8, false, "Clamp"), 300, 255],
    [webidl.integer("octet", 8, false, "Clamp"), -1, 0],
    [webidl.octetEnforceRange, 255.9, 255],
    [webidl.octetEnforceRange, -0.9, 0],
    [webidl.unsignedLongLongEnforceRange, 2 ** 53 - 1, 2 ** 53 - 1],
  ];
  for (const [converter, given, expected] of table) {
    test(`${webidl.describe(given)} → ${expected}`, () => {
      expect(converter(given, at)).toBe(expected);
    });
  }

  test("no conversion gives -0", () => {
    for (const converter of [webidl.long, webidl.longLongClamp, webidl.octetEnforceRange, webidl.byte, webidl.longLong]) {
      for (const value of [-0, -0.1, "-0"]) expect(Object.is(converter(value, at), 0)).toBe(true);
    }
  });

  test("modulo agrees with BigInt arithmetic on random numbers", () => {
    let seed = 12345;
    const random = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
    for (let round = 0; round < 5000; round++) {
      const value = Math.trunc((random() - 0.5) * 2 ** (random() * 70));
      expect(webidl.long(value, at)).toBe(Number(BigInt.asIntN(32, BigInt(value))) + 0);
      expect(webidl.unsignedLong(value, at)).toBe(Number(BigInt.asUintN(32, BigInt(value))));
      expect(webidl.short(value, at)).toBe(Number(BigInt.asIntN(16, BigInt(value))) + 0);
      expect(webidl.octet(value, at)).toBe(Number(BigInt.asUintN(8, BigInt(value))));
      expect(webidl.longLong(value, at)).toBe(Number(BigInt.asIntN(64, BigInt(value))) + 0);
    }
  });

  test("EnforceRange refuses what is out of range and says what is allowed", () => {
    for (const value of [-1, 256, Number.NaN, Number.POSITIVE_INFINITY, undefined, "x"]) {
      expect(() => webidl.octetEnforceRange(value, at)).toThrow(TypeError);
    }
    expect(() => webidl.octetEnforceRange(256, at)).toThrow(`${at} must be 0 to 255 (octet), got the number 256`);
  });

  test("BigInt and Symbol are no numbers", () => {
    expect(() => webidl.long(1n, at)).toThrow(`${at} must be a number, got the bigint 1n`);
    expect(() => webidl.double(Symbol("x"), at)).toThrow(`${at} must be a number, got a symbol`);
    expect(() => webidl.long(object(1n), at)).toThrow(TypeError);
  });

  test("errors of valueOf pass through", () => {
    const error = new RangeError("mine");
    expect(() =>
      webidl.long(
        {
          valueOf: () => {
            throw error;
          },
        },
        at,
      ),
    ).toThrow(error);
  });
});

test("double and boolean", () => {
  expect(webidl.double("1.5", at)).toBe(1.5);
  expect(Object.is(webidl.double(-0, at), -0)).toBe(true);
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, undefined, {}]) {
    expect(() => webidl.double(value, at)).toThrow(/must be a finite number/);
  }
  expect(webidl.unrestrictedDouble(Number.POSITIVE_INFINITY, at)).toBe(Number.POSITIVE_INFINITY);
  expect([0, "", null, Number.NaN, "0", {}].map((value) => webidl.boolean(value, at))).toEqual([false, false, false, false, true, true]);
});

describe("strings", () => {
  test("DOMString", () => {
    expect(webidl.DOMString(null, at)).toBe("null");
    expect(webidl.DOMString(undefined, at)).toBe("undefined");
    expect(webidl.DOMString(1n, at)).toBe("1");
    expect(webidl.DOMString("\ud800", at)).toBe("\ud800");
    expect(webidl.DOMString({ toString: () => "x" }, at)).toBe("x");
    expect(webidl.DOMStringLegacyNullToEmpty(null, at)).toBe("");
    expect(() => webidl.DOMString(Symbol("s"), at)).toThrow(`${at} must be a string, got a symbol`);
    expect(() => webidl.DOMString(Object.create(null), at)).toThrow(TypeError);
  });
  test("ByteString", () => {
    expect(webidl.ByteString("\u00ff", at)).toBe("\u00ff");
    expect(() => webidl.ByteString("abĀ", at)).toThrow(`${at} must hold only characters up to U+00FF, got U+0100 at index 2`);
  });
  test("USVString", () => {
    expect(webidl.USVString("a\ud800b\udc00\ud83d\ude00", at)).toBe("a\ufffdb\ufffd😀");
    expect(webidl.USVString(5, at)).toBe("5");
  });
  test("enumeration", () => {
    const mode = webidl.enumeration("Mode", ["a", "b"]);
    expect(mode("a", at)).toBe("a");
    expect(mode({ toString: () => "b" }, at)).toBe("b");
    expect(() => mode("A", at)).toThrow(`${at} must be one of "a", "b" (Mode), got the string "A"`);
  });
});

describe("sequence, record, nullable", () => {
  const numbers = webidl.sequence(webidl.long);
  test("from arrays, sets and generators", () => {
    expect(numbers([1, "2", 3.9], at)).toEqual([1, 2, 3]);
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    expect(numbers([1, , 3], at)).toEqual([1, 0, 3]);
    expect(numbers(new Set([4]), at)).toEqual([4]);
    expect(
      numbers(
        (function* () {
          yield 5;
        })(),
        at,
      ),
    ).toEqual([5]);
  });
  test("an item's conversion may grow the array", () => {
    const list: unknown[] = [1];
    list[1] = { valueOf: () => (list.length < 4 ? list.push(9) : 0) };
    expect(numbers(list, at)).toHaveLength(3);
  });
  test("a patched array iterator is used", () => {
    const list = [1, 2];
    list[Symbol.iterator] = function* () {
      yield 7;
    } as never;
    expect(numbers(list, at)).toEqual([7]);
  });
  test("not iterable", () => {
    for (const value of ["ab", 1, null, undefined, {}, { [Symbol.iterator]: undefined }]) {
      expect(() => numbers(value, at)).toThrow(/must be an iterable object/);
    }
    expect(() => numbers({ [Symbol.iterator]: 1 }, at)).toThrow(TypeError);
    expect(() => numbers({ [Symbol.iterator]: () => 1 }, at)).toThrow(TypeError);
    expect(() => numbers({ [Symbol.iterator]: () => ({ next: () => 1 }) }, at)).toThrow(TypeError);
  });
  test("the iterator is not closed when a conversion fails", () => {
    let isClosed = false;
    const iterable = {
      [Symbol.iterator]: () => ({
        next: () => ({ value: 1n, done: false }),
        return: () => {
          isClosed = true;
          return {};
        },
      }),
    };
    expect(() => numbers(iterable, at)).toThrow(`${at}, an item must be a number`);
    expect(isClosed).toBe(false);
  });
  test("sequenceOr reads the method once", () => {
    const either = webidl.sequenceOr(webidl.DOMString, webidl.record(webidl.DOMString, webidl.DOMString));
    let reads = 0;
    const value = {
      get [Symbol.iterator]() {
        reads++;
        return [][Symbol.iterator];
      },
    };
    expect(either(value, at)).toEqual([]);
    expect(reads).toBe(1);
    expect(either({ a: 1 }, at)).toEqual([["a", "1"]]);
    expect(() => either("text", at)).toThrow(/must be an object \(a record\)/);
  });
  test("record", () => {
    const record = webidl.record(webidl.ByteString, webidl.long);
    expect(record({ b: "1", a: 2, 0: 3 }, at)).toEqual([
      ["0", 3],
      ["b", 1],
      ["a", 2],
    ]);
    expect(record(Object.defineProperty({ a: 1 }, "b", { value: 1 }), at)).toEqual([["a", 1]]);
    expect(record(Object.create({ a: 1 }), at)).toEqual([]);
    expect(() => record({ [Symbol("s")]: 1 }, at)).toThrow(TypeError);
    expect(record(Object.defineProperty({}, Symbol("s"), { value: 1 }), at)).toEqual([]);
    expect(() => record({ ā: 1 }, at)).toThrow(/a key must hold/);
    expect(() => record("x", at)).toThrow(/must be an object/);
  });
  test("record keys that become equal", () => {
    const record = webidl.record(webidl.USVString, webidl.DOMString);
    expect(record({ a: 1, "\ud800": 2, "\udc00": 3, "\ufffd": 4, b: 5 }, at)).toEqual([
      ["a", "1"],
      ["\ufffd", "4"],
      ["b", "5"],
    ]);
    expect(record(JSON.parse('{"__proto__": 1, "\\ud800": 2}'), at)).toEqual([
      ["__proto__", "1"],
      ["\ufffd", "2"],
    ]);
  });
  test("record asks a proxy in the standard's order", () => {
    const log: string[] = [];
    const proxy = new Proxy(
      { a: 1, b: 2 },
      {
        ownKeys: (target) => {
          log.push("ownKeys");
          return Reflect.ownKeys(target);
        },
        getOwnPropertyDescriptor: (target, key) => {
          log.push(`gopd ${String(key)}`);
          return Reflect.getOwnPropertyDescriptor(target, key);
        },
        get: (target, key) => {
          log.push(`get ${String(key)}`);
          return Reflect.get(target, key) as unknown;
        },
      },
    );
    webidl.record(webidl.DOMString, webidl.DOMString)(proxy, at);
    expect(log).toEqual(["ownKeys", "gopd a", "get a", "gopd b", "get b"]);
  });
  test("nullable", () => {
    const nullable = webidl.nullable(webidl.long);
    expect([nullable(null, at), nullable(undefined, at), nullable("1", at)]).toEqual([null, null, 1]);
  });
});

describe("dictionary", () => {
  const base = webidl.dictionary([{ key: "z", converter: webidl.long, default: () => 1 }]);
  const derived = webidl.dictionary<Record<string, unknown>>(
    [
      { key: "b", converter: webidl.DOMString },
      { key: "a", converter: webidl.boolean, required: true },
    ],
    base,
  );
  test("inherited members first, then by name", () => {
    const log: string[] = [];
    const proxy = new Proxy({ a: 1 } as Record<string, unknown>, {
      get: (target, key) => {
        log.push(String(key));
        return target[String(key)];
      },
    });
    expect(derived(proxy, at)).toEqual({ z: 1, a: true });
    expect(log).toEqual(["z", "a", "b"]);
  });
  test("required members", () => {
    expect(() => derived({}, at)).toThrow(`${at} must have the member 'a', which is undefined`);
    expect(() => derived(undefined, at)).toThrow(/must be an object with 'a', got undefined/);
  });
  test("null, undefined and functions", () => {
    expect(base(null, at)).toEqual({ z: 1 });
    expect(base(undefined, at)).toEqual({ z: 1 });
    expect(
      base(
        Object.assign(() => {}, { z: 3 }),
        at,
      ),
    ).toEqual({ z: 3 });
    expect(() => base(5, at)).toThrow(`${at} must be an object (a dictionary), null or undefined, got the number 5`);
    expect(() => base({ z: 1n }, at)).toThrow(`${at}, its member 'z' must be a number`);
  });
  test("a default is made anew each time", () => {
    const lists = webidl.dictionary<{ list: unknown[] }>([{ key: "list", converter: webidl.sequence(webidl.any), default: () => [] }]);
    expect(lists({}, at).list).not.toBe(lists({}, at).list);
  });
});

test("callbacks", () => {
  const run = (): void => {};
  expect(webidl.callbackFunction(run, at)).toBe(run);
  expect(() => webidl.callbackFunction({}, at)).toThrow(`${at} must be a function, got an object`);
  expect(webidl.callbackInterface({}, at)).toEqual({});
  expect(() => webidl.callbackInterface(null, at)).toThrow(TypeError);
  expect(webidl.eventHandler(5, at)).toBeNull();
  expect(webidl.eventHandler(run, at)).toBe(run);
});

describe("buffers", () => {
  const source = webidl.bufferSource();
  const detached = new ArrayBuffer(4);
  const detachedView = new Uint8Array(detached);
  const detachedDataView = new DataView(detached);
  structuredClone(detached, { transfer: [detached] });

  test("what is one", () => {
    for (const value of [new ArrayBuffer(1), new Uint8Array(1), new DataView(new ArrayBuffer(1)), detached, detachedView]) {
      expect(source(value, at)).toBe(value);
      expect(webidl.isBufferSource(value)).toBe(true);
    }
    for (const value of [{}, null, "x", [], Object.create(ArrayBuffer.prototype), new Proxy(new ArrayBuffer(1), {})]) {
      expect(webidl.isBufferSource(value)).toBe(false);
      expect(() => source(value, at)).toThrow(/must be an ArrayBuffer, a typed array or a DataView/);
    }
  });
  test("of another realm, and with another prototype", () => {
    const foreign = runInNewContext("({ buffer: new ArrayBuffer(2), view: new Uint8Array([1, 2]) })") as {
      buffer: ArrayBuffer;
      view: Uint8Array;
    };
    expect(webidl.isArrayBuffer(foreign.buffer)).toBe(true);
    expect([...webidl.copyBytes(foreign.view)]).toEqual([1, 2]);
    const bare = Object.setPrototypeOf(new ArrayBuffer(3), null) as ArrayBuffer;
    expect(webidl.isArrayBuffer(bare)).toBe(true);
    expect(webidl.copyBytes(bare)).toHaveLength(3);
  });
  test("shared memory only where allowed", () => {
    const shared = new SharedArrayBuffer(2);
    for (const value of [shared, new Uint8Array(shared), new DataView(shared)]) {
      expect(() => source(value, at)).toThrow(/must not be shared memory/);
      expect(webidl.bufferSource({ allowShared: true })(value, at)).toBe(value);
    }
  });
  test("resizable buffers only where allowed", () => {
    const resizable = new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(4, { maxByteLength: 8 });
    for (const value of [resizable, new Uint8Array(resizable)]) {
      expect(() => source(value, at)).toThrow(/must be a buffer of fixed length/);
      expect(webidl.bufferSource({ allowResizable: true })(value, at)).toBe(value);
    }
    const view = new Uint8Array(resizable, 2);
    (resizable as unknown as { resize(length: number): void }).resize(1);
    expect(webidl.bytesOf(view)).toHaveLength(0);
  });
  test("bytesOf is a window, copyBytes a copy", () => {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const part = new Uint16Array(bytes.buffer, 2, 1);
    expect([...webidl.bytesOf(part)]).toEqual([3, 4]);
    expect(webidl.bytesOf(part).buffer).toBe(bytes.buffer);
    const copy = webidl.copyBytes(new DataView(bytes.buffer, 1, 2));
    expect([...copy]).toEqual([2, 3]);
    expect(copy.buffer).not.toBe(bytes.buffer);
  });
  test("detached", () => {
    expect(webidl.isDetached(detached)).toBe(true);
    expect(webidl.isDetached(new ArrayBuffer(0))).toBe(false);
    for (const value of [detached, detachedView, detachedDataView]) {
      expect(webidl.bytesOf(value)).toHaveLength(0);
      expect(webidl.copyBytes(value)).toHaveLength(0);
    }
  });
  test("uint8Array and views", () => {
    expect(() => webidl.uint8Array()(new Uint16Array(1), at)).toThrow(/must be a Uint8Array/);
    expect(() => webidl.arrayBufferView()(new ArrayBuffer(1), at)).toThrow(/must be a typed array or a DataView/);
    class Mine extends Uint8Array {}
    expect(webidl.uint8Array()(new Mine(1), at)).toHaveLength(1);
  });
});

describe("exposeInterface", () => {
  class Pairs {
    #list: [string, string][];
    static is: (value: unknown) => value is Pairs;
    static listOf: (value: Pairs) => [string, string][];
    static {
      // The two are not part of the interface.
      Pairs.is = (value): value is Pairs => typeof value === "object" && value !== null && #list in value;
      Pairs.listOf = (value) => value.#list;
    }
    constructor(list: [string, string][]) {
      this.#list = list;
    }
    get size(): number {
      return this.#list.length;
    }
    add(key: string, value: string): void {
      this.#list.push([key, value]);
    }
    static make(): Pairs {
      return new Pairs([]);
    }
  }
  const { is, listOf } = Pairs;
  delete (Pairs as Partial<typeof Pairs>).is;
  delete (Pairs as Partial<typeof Pairs>).listOf;
  webidl.exposeInterface(Pairs, { constants: { ONE: 1 }, iterable: { is, pairs: listOf } });
  interface PairsIterable extends Iterable<[string, string]> {
    entries(): Iterator<[string, string]>;
    keys(): Iterator<string>;
    values(): Iterator<string>;
    forEach(run: unknown, self?: unknown): void;
  }
  const make = (...list: [string, string][]): Pairs & PairsIterable => new Pairs(list) as Pairs & PairsIterable;

  test("members are enumerable, the constructor is not", () => {
    for (const key of ["size", "add", "entries", "keys", "values", "forEach", "ONE"]) {
      expect(Object.getOwnPropertyDescriptor(Pairs.prototype, key)?.enumerable, key).toBe(true);
    }
    expect(Object.getOwnPropertyDescriptor(Pairs.prototype, "constructor")?.enumerable).toBe(false);
    expect(Object.getOwnPropertyDescriptor(Pairs.prototype, Symbol.iterator)?.enumerable).toBe(false);
    expect(Object.getOwnPropertyDescriptor(Pairs, "make")?.enumerable).toBe(true);
    expect(Object.prototype.toString.call(make())).toBe("[object Pairs]");
    expect(Object.getOwnPropertyDescriptor(Pairs, "ONE")).toEqual({ value: 1, writable: false, enumerable: true, configurable: false });
  });
  test("iteration", () => {
    const pairs = make(["a", "1"], ["b", "2"]);
    expect([...pairs]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect([...(pairs.keys() as never as Iterable<string>)]).toEqual(["a", "b"]);
    expect([...(pairs.values() as never as Iterable<string>)]).toEqual(["1", "2"]);
    expect(Pairs.prototype[Symbol.iterator as never]).toBe((Pairs.prototype as never as PairsIterable).entries);
    const seen: unknown[] = [];
    const self = {};
    pairs.forEach(function (this: unknown, value: string, key: string, of: unknown) {
      seen.push(value, key, of === pairs, this === self);
    }, self);
    expect(seen).toEqual(["1", "a", true, true, "2", "b", true, true]);
    expect(() => pairs.forEach(5)).toThrow(/must be a function/);
  });
  test("iteration sees changes made meanwhile", () => {
    const pairs = make(["a", "1"]);
    const seen: string[] = [];
    for (const [key] of pairs) {
      seen.push(key);
      if (seen.length < 3) pairs.add(`${key}+`, "");
    }
    expect(seen).toEqual(["a", "a+", "a++"]);
  });
  test("the iterator's prototype", () => {
    const iterator = make(["a", "1"]).entries();
    const prototype = Object.getPrototypeOf(iterator) as object;
    const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
    expect(Object.getPrototypeOf(prototype)).toBe(iteratorPrototype);
    expect(Object.prototype.toString.call(iterator)).toBe("[object Pairs Iterator]");
    expect(Reflect.ownKeys(prototype)).toEqual(["next", Symbol.toStringTag]);
    expect(Object.getOwnPropertyDescriptor(prototype, "next")).toMatchObject({ enumerable: true, writable: true, configurable: true });
    expect(() => iterator.next.call({} as never)).toThrow(/Illegal invocation/);
    iterator.next();
    expect(iterator.next()).toEqual({ value: undefined, done: true });
    expect(() => (Pairs.prototype as never as PairsIterable).entries.call({} as never)).toThrow(/Illegal invocation: Pairs.entries/);
  });
});

test("messages: describe never runs user code", () => {
  const trap = new Proxy(
    {},
    {
      get: () => {
        throw new Error("called");
      },
    },
  );
  expect(webidl.describe(trap)).toBe("an object");
  expect([null, undefined, true, -0, 1n, "a\n", "x".repeat(50), () => {}, [], Symbol("s")].map(webidl.describe)).toEqual([
    "null",
    "undefined",
    "true",
    "the number -0",
    "the bigint 1n",
    'the string "a\\n"',
    `the string "${"x".repeat(40)}"…`,
    "a function",
    "an array",
    "a symbol",
  ]);
  expect(webidl.illegalInvocation("Headers.append").message).toBe(
    "Illegal invocation: Headers.append needs a 'this' that is a Headers object",
  );
  expect(webidl.illegalConstructor("AbortSignal").message).toMatch(/^Illegal constructor/);
  expect(() => webidl.requireArguments(1, 2, "f")).toThrow("f: 2 arguments required, but only 1 present");
});
