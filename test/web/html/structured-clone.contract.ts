/**
 * https://html.spec.whatwg.org/multipage/structured-data.html#dom-structuredclone
 */
import { cases } from "../../contract/cases.ts";

export default cases({
  primitives: ({ globals: { structuredClone }, assert }) => {
    for (const value of [undefined, null, true, 0, -0, 1.5, Number.NaN, "text", "\ud800", 12345678901234567890n, ""]) {
      assert.isTrue(Object.is(structuredClone(value), value), String(value));
    }
  },
  "plain objects and arrays, deep and apart": ({ globals: { structuredClone }, assert }) => {
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    const value = { a: [1, , 3], b: { c: "x" }, d: undefined };
    const clone = structuredClone(value);
    assert.deepEqual(clone, value);
    assert.notEqual(clone.b, value.b);
    assert.isFalse(1 in clone.a);
    assert.equal(clone.a.length, 3);
  },
  "cycles and shared objects keep their shape": ({ globals: { structuredClone }, assert }) => {
    const value: Record<string, unknown> = { list: [] };
    value.self = value;
    (value.list as unknown[]).push(value, value.list);
    const clone = structuredClone(value) as { self: unknown; list: unknown[] };
    assert.equal(clone.self, clone);
    assert.equal(clone.list[0], clone);
    assert.equal(clone.list[1], clone.list);
  },
  "Map, Set, Date, RegExp, boxed primitives": ({ globals: { structuredClone }, assert }) => {
    const map = structuredClone(new Map<unknown, unknown>([[{ k: 1 }, new Set([1, "2"])]]));
    assert.isTrue(map instanceof Map);
    assert.deepEqual([...map.keys()], [{ k: 1 }]);
    assert.deepEqual([...([...map.values()][0] as Set<unknown>)], [1, "2"]);
    assert.equal(structuredClone(new Date(5)).getTime(), 5);
    const regexp = /a(b)/gi;
    regexp.lastIndex = 2;
    const copy = structuredClone(regexp);
    assert.deepEqual([copy.source, copy.flags, copy.lastIndex], ["a(b)", "gi", 0]);
    assert.equal(structuredClone(Object(1n)).valueOf(), 1n);
    assert.equal(structuredClone(new String("x")).valueOf(), "x");
    assert.equal(structuredClone(new Number(-1)).valueOf(), -1);
    assert.equal(structuredClone(new Boolean(false)).valueOf(), false);
  },
  "errors keep their class, message, stack and cause": ({ globals: { structuredClone }, assert }) => {
    for (const ErrorClass of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      const error = new ErrorClass("m", { cause: { why: 1 } });
      const clone = structuredClone(error);
      assert.isTrue(clone instanceof ErrorClass, ErrorClass.name);
      assert.equal(Object.getPrototypeOf(clone), ErrorClass.prototype);
      assert.equal(clone.message, "m");
      assert.equal(clone.stack, error.stack);
      assert.deepEqual(clone.cause, { why: 1 });
    }
  },
  "buffers and views": ({ globals: { structuredClone }, assert }) => {
    const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
    const views = { buffer, bytes: new Uint8Array(buffer, 1, 2), view: new DataView(buffer), floats: new Float64Array([1.5]) };
    const clone = structuredClone(views);
    assert.notEqual(clone.buffer, buffer);
    assert.equal(clone.bytes.buffer, clone.buffer);
    assert.deepEqual([...clone.bytes], [2, 3]);
    assert.equal(clone.view.getUint8(3), 4);
    assert.deepEqual([...clone.floats], [1.5]);
  },
  "transfer moves a buffer and detaches the original": ({ globals: { structuredClone }, assert }) => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const clone = structuredClone({ buffer, bytes: new Uint8Array(buffer) }, { transfer: [buffer] });
    assert.equal(buffer.byteLength, 0);
    assert.deepEqual([...clone.bytes], [1, 2, 3]);
    assert.equal(clone.bytes.buffer, clone.buffer);
    const unused = new ArrayBuffer(8);
    structuredClone(null, { transfer: new Set([unused]) });
    assert.equal(unused.byteLength, 0);
  },
  "what cannot be cloned is a DataCloneError": ({ globals: { structuredClone, DOMException, EventTarget }, assert }) => {
    const refused: unknown[] = [
      () => {},
      Symbol("x"),
      new WeakMap(),
      new WeakSet(),
      Promise.resolve(),
      { deep: [() => {}] },
      new Proxy({}, {}),
    ];
    for (const value of refused) {
      let error: unknown;
      try {
        structuredClone(value);
      } catch (caught) {
        error = caught;
      }
      assert.isTrue(error instanceof DOMException, String(error));
      assert.equal((error as DOMException).name, "DataCloneError");
      assert.equal((error as DOMException).code, 25);
      assert.isNotEmpty((error as DOMException).message);
    }
    void EventTarget;
  },
  "the transfer list is checked": ({ globals: { structuredClone }, assert }) => {
    const buffer = new ArrayBuffer(4);
    const detached = new ArrayBuffer(4);
    structuredClone(detached, { transfer: [detached] });
    for (const transfer of [[buffer, buffer], [{}], [new Uint8Array(1)], [detached]]) {
      let error: unknown;
      try {
        structuredClone(1, { transfer: transfer as never });
      } catch (caught) {
        error = caught;
      }
      assert.equal((error as Error).name, "DataCloneError", String(error));
    }
    assert.equal(buffer.byteLength, 4);
    assert.throws(() => structuredClone(1, { transfer: 5 as never }), TypeError);
    assert.throws(() => structuredClone(1, { transfer: [1] as never }), TypeError);
    assert.throws(() => structuredClone(1, "x" as never), TypeError);
    assert.throws(() => (structuredClone as unknown as () => void)(), TypeError, /1 argument required/);
    assert.equal(structuredClone.length, 1);
  },
  "getters run, prototypes and non-enumerable properties are lost": ({ globals: { structuredClone }, assert }) => {
    class Point {
      x = 1;
      get y() {
        return 2;
      }
    }
    const point = Object.defineProperty(new Point(), "hidden", { value: 1 });
    const clone = structuredClone(point);
    assert.equal(Object.getPrototypeOf(clone), Object.prototype);
    assert.deepEqual(Object.getOwnPropertyNames(clone), ["x"]);
    assert.deepEqual(
      structuredClone({
        get g() {
          return 3;
        },
      }),
      { g: 3 },
    );
    assert.throws(
      () =>
        structuredClone({
          get g() {
            throw new RangeError("from getter");
          },
        }),
      RangeError,
      "from getter",
    );
  },
  "platform objects that are not serializable are refused": ({ globals, assert }) => {
    const { structuredClone, URL, URLSearchParams, Headers, EventTarget, AbortController, TextEncoder, Response } = globals;
    const refused: object[] = [
      new URL("http://a"),
      new URLSearchParams("a=b"),
      new URLSearchParams("a=b").entries(),
      new Headers(),
      new EventTarget(),
      new (class extends EventTarget {})(),
      new AbortController(),
      new TextEncoder(),
      new Response("x"),
    ];
    for (const value of refused) {
      for (const wrapped of [value, { value }, [[value]], new Map([[1, value]]), new Set([value]), new Error("x", { cause: value })]) {
        assert.throws(() => structuredClone(wrapped), globals.DOMException, /cannot be cloned/, Object.prototype.toString.call(value));
      }
      assert.throws(() => structuredClone(1, { transfer: [value] }), globals.DOMException, /cannot be transferred/);
    }
    assert.deepEqual(structuredClone(Object.create(URL.prototype)), {});
  },
  "objects with internal slots that no copy is defined for are refused": ({ globals: { structuredClone, DOMException }, assert }) => {
    const refused: unknown[] = [
      globalThis,
      new WeakRef({}),
      new FinalizationRegistry(() => {}),
      [][Symbol.iterator](),
      new Map().entries(),
      (function* () {})(),
      new Intl.Collator(),
      Object(Symbol("x")),
      new Proxy([], {}),
      new Proxy(() => {}, {}),
    ];
    for (const value of refused) assert.throws(() => structuredClone([value]), DOMException);
  },
  "intrinsic prototype objects are ordinary": ({ globals: { structuredClone }, assert }) => {
    for (const value of [Object.prototype, Map.prototype, Math, JSON, Error.prototype]) {
      const clone = structuredClone(value) as object;
      assert.equal(Object.getPrototypeOf(clone), Object.prototype);
      assert.deepEqual(Object.keys(clone), []);
    }
  },
  "DOMException keeps its class, name, message, code and stack": ({ globals: { structuredClone, DOMException }, assert }) => {
    const error = new DOMException("why", "AbortError");
    for (const clone of [structuredClone(error), structuredClone({ deep: [error] }).deep[0]!]) {
      assert.isTrue(clone instanceof DOMException);
      assert.notEqual(clone, error);
      assert.deepEqual([clone.name, clone.message, clone.code], ["AbortError", "why", 20]);
      assert.equal(clone.stack, error.stack);
      assert.deepEqual(Object.keys(clone), []);
    }
    class Mine extends DOMException {}
    assert.equal(Object.getPrototypeOf(structuredClone(new Mine("m", "DataError"))), DOMException.prototype);
  },
  "an error's name, message and cause are read as the standard says": ({ globals: { structuredClone }, assert }) => {
    class Mine extends RangeError {}
    const mine = structuredClone(new Mine("m"));
    assert.equal(Object.getPrototypeOf(mine), RangeError.prototype);
    const renamed = Object.assign(new Error("m"), { name: "TypeError", extra: 1 });
    const clone = structuredClone(renamed);
    assert.equal(Object.getPrototypeOf(clone), TypeError.prototype);
    assert.isFalse(Object.hasOwn(clone, "extra"));
    assert.isFalse(Object.hasOwn(clone, "name"));
    assert.equal(Object.getPrototypeOf(structuredClone(Object.assign(new Error("m"), { name: "Other" }))), Error.prototype);
    assert.isFalse(Object.hasOwn(structuredClone(new Error()), "message"));
    assert.isFalse(Object.hasOwn(structuredClone(new Error("m")), "cause"));
    const cyclic = new Error("m");
    cyclic.cause = { cyclic };
    const copy = structuredClone(cyclic) as Error & { cause: { cyclic: Error } };
    assert.equal(copy.cause.cyclic, copy);
    for (const key of ["message", "stack", "cause"]) assert.isFalse(Object.getOwnPropertyDescriptor(copy, key)!.enumerable, key);
  },
  "arrays: holes, names, sparse ones, the length": ({ globals: { structuredClone }, assert }) => {
    const named = Object.assign([1, 2], { name: "x", 5: 5 });
    const clone = structuredClone(named);
    assert.deepEqual(Object.keys(clone), ["0", "1", "5", "name"]);
    assert.equal(clone.length, 6);
    const sparse: number[] = [1];
    sparse[4_000_000_000] = 2;
    const copy = structuredClone(sparse);
    assert.deepEqual(Object.keys(copy), ["0", "4000000000"]);
    assert.equal(copy.length, 4_000_000_001);
    const empty = structuredClone(new Array(7));
    assert.equal(empty.length, 7);
    assert.deepEqual(Object.keys(empty), []);
    class List extends Array {}
    assert.equal(Object.getPrototypeOf(structuredClone(List.from([1]))), Array.prototype);
  },
  "keys: order, __proto__, symbols, a null prototype": ({ globals: { structuredClone }, assert }) => {
    const value = { b: 1, a: 2, 1: 3, [Symbol("s")]: 4 };
    const clone = structuredClone(value);
    assert.deepEqual(Reflect.ownKeys(clone), ["1", "b", "a"]);
    const own = JSON.parse('{"__proto__": {"x": 1}, "y": 2}') as object;
    const copy = structuredClone(own);
    assert.equal(Object.getPrototypeOf(copy), Object.prototype);
    assert.deepEqual(Object.entries(copy), [
      ["__proto__", { x: 1 }],
      ["y", 2],
    ]);
    const bare = structuredClone(Object.assign(Object.create(null) as object, { z: 1 }));
    assert.equal(Object.getPrototypeOf(bare), Object.prototype);
  },
  "getters run in order, and may delete what comes later": ({ globals: { structuredClone }, assert }) => {
    const log: string[] = [];
    const value = {
      a: {
        get x() {
          log.push("x");
          delete (value as { c?: number }).c;
          return 1;
        },
      },
      get b() {
        log.push("b");
        return 2;
      },
      c: 3,
    };
    assert.deepEqual(structuredClone(value) as unknown, { a: { x: 1 }, b: 2 });
    assert.deepEqual(log, ["x", "b"]);
  },
  "many objects, shared and cyclic": ({ globals: { structuredClone }, assert }) => {
    const shared = { n: 1 };
    const rows = Array.from({ length: 100 }, (_, index) => ({ index, shared, rows: null as unknown }));
    for (const row of rows) row.rows = rows;
    const clone = structuredClone(rows);
    for (const row of clone) assert.isTrue(row.shared === clone[0]!.shared && row.rows === clone);
    assert.notEqual(clone[0]!.shared, shared);
  },
  "a view that follows a buffer with part of an element at its end": ({ globals: { structuredClone }, assert }) => {
    type Resizable = ArrayBuffer & { resize(length: number): void };
    for (const isMoved of [false, true]) {
      const buffer = new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(16, { maxByteLength: 16 });
      new Uint8Array(buffer).set([1, 2, 3, 4, 5, 6, 7]);
      const value = { two: new Uint16Array(buffer, 2), four: new Uint32Array(buffer), eight: new Float64Array(buffer, 0) };
      buffer.resize(7);
      const clone = structuredClone(value, isMoved ? { transfer: [buffer] } : {});
      assert.deepEqual([clone.two.length, clone.four.length, clone.eight.length], [2, 1, 0]);
      const copy = clone.two.buffer as Resizable;
      assert.deepEqual([...new Uint8Array(copy)], [1, 2, 3, 4, 5, 6, 7]);
      assert.isTrue(clone.four.buffer === copy && clone.eight.buffer === copy);
      copy.resize(16);
      assert.deepEqual([clone.two.length, clone.four.length, clone.eight.length], [7, 4, 2]);
    }
  },
  "resizable buffers stay resizable, copied or transferred": ({ globals: { structuredClone }, assert }) => {
    type Resizable = ArrayBuffer & { resizable: boolean; maxByteLength: number; resize(length: number): void };
    const make = (): Resizable => {
      const buffer = new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(8, { maxByteLength: 16 });
      new Uint8Array(buffer).set([1, 2, 3, 4, 5, 6, 7, 8]);
      return buffer;
    };
    for (const isMoved of [false, true]) {
      const buffer = make();
      const value = {
        buffer,
        all: new Uint8Array(buffer),
        from: new Uint16Array(buffer, 4),
        fixed: new Uint8Array(buffer, 2, 3),
        view: new DataView(buffer, 1),
        part: new DataView(buffer, 1, 2),
      };
      const clone = structuredClone(value, isMoved ? { transfer: [buffer] } : {});
      assert.equal(buffer.byteLength, isMoved ? 0 : 8);
      assert.deepEqual([clone.buffer.resizable, clone.buffer.maxByteLength, clone.buffer.byteLength], [true, 16, 8]);
      for (const view of [clone.all, clone.from, clone.fixed, clone.view, clone.part]) assert.equal(view.buffer, clone.buffer);
      assert.deepEqual([...clone.fixed], [3, 4, 5]);
      clone.buffer.resize(12);
      const lengths = [clone.all, clone.from, clone.fixed, clone.view, clone.part].map((view) => view.byteLength);
      assert.deepEqual(lengths, [12, 8, 3, 11, 2], `moved: ${isMoved}`);
    }
    const buffer = make();
    const outOfBounds = [new Uint8Array(buffer, 2, 6), new DataView(buffer, 2, 6)];
    buffer.resize(4);
    for (const view of outOfBounds) assert.throws(() => structuredClone(view), Error, /bounds/);
  },

  "a view of a fixed length at the end of a buffer that cannot grow": ({ globals: { structuredClone }, assert }) => {
    type Resizable = ArrayBuffer & { resize(length: number): void };
    const buffer = new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(9, { maxByteLength: 9 });
    const clone = structuredClone(new Uint16Array(buffer, 6, 1));
    assert.deepEqual([clone.byteOffset, clone.length], [6, 1]);
    (clone.buffer as Resizable).resize(6);
    assert.equal(clone.length, 0);
    (clone.buffer as Resizable).resize(9);
    assert.equal(clone.length, 1);
  },
  "a transferred buffer and its views, wherever they are": ({ globals: { structuredClone }, assert }) => {
    const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
    const bytes = new Uint8Array(buffer, 1, 2);
    const value = {
      list: [bytes, buffer],
      map: new Map<unknown, unknown>([[bytes, buffer]]),
      set: new Set([buffer]),
      e: new Error("m", { cause: bytes }),
    };
    const clone = structuredClone(value, { transfer: [buffer] });
    const [copy, moved] = clone.list as [Uint8Array, ArrayBuffer];
    assert.deepEqual([...copy], [2, 3]);
    assert.equal(copy.buffer, moved);
    assert.equal(clone.map.get(copy), moved);
    assert.isTrue(clone.set.has(moved));
    assert.equal(clone.e.cause, copy);
    assert.equal(buffer.byteLength, 0);
    assert.equal(structuredClone(moved, { transfer: [moved] }).byteLength, 4);
  },
  "a failed clone leaves the buffers where they are": ({ globals: { structuredClone, DOMException }, assert }) => {
    const buffer = new ArrayBuffer(4);
    assert.throws(() => structuredClone({ buffer, bad: () => {} }, { transfer: [buffer] }), DOMException);
    assert.equal(buffer.byteLength, 4);
  },
  "a detached buffer is refused, and so are its views": ({ globals: { structuredClone, DOMException }, assert }) => {
    const buffer = new ArrayBuffer(4);
    const bytes = new Uint8Array(buffer);
    structuredClone(null, { transfer: [buffer] });
    for (const value of [buffer, bytes]) assert.throws(() => structuredClone(value), DOMException, /detached/);
  },
  "shared memory is shared": ({ globals: { structuredClone }, assert }) => {
    const shared = new SharedArrayBuffer(4);
    const clone = structuredClone({ shared, bytes: new Uint8Array(shared) });
    assert.notEqual(clone.shared, shared);
    assert.equal(clone.bytes.buffer, clone.shared);
    new Uint8Array(shared)[0] = 7;
    assert.equal(clone.bytes[0], 7);
  },
  "too deep a value is a RangeError": ({ globals: { structuredClone }, assert }) => {
    let value: unknown[] = [];
    for (let depth = 0; depth < 200_000; depth++) value = [value];
    assert.throws(() => structuredClone(value), RangeError);
  },
});
