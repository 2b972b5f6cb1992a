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
});
