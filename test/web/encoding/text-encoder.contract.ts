import { cases } from "../../contract/cases.ts";

export default cases({
  encodes: ({ globals: { TextEncoder }, assert }) => {
    const encoder = new TextEncoder();
    assert.strictEqual(encoder.encoding, "utf-8");
    const table: [unknown, number[]][] = [
      [undefined, []],
      ["", []],
      ["a\u007f", [0x61, 0x7f]],
      ["\u00e9\u20ac\u{1f600}", [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]],
      ["a\ud800b", [0x61, 0xef, 0xbf, 0xbd, 0x62]],
      ["\udc00\ud800", [0xef, 0xbf, 0xbd, 0xef, 0xbf, 0xbd]],
      [null, [0x6e, 0x75, 0x6c, 0x6c]],
      [12, [0x31, 0x32]],
    ];
    for (const [input, expected] of table) {
      const bytes = encoder.encode(input as string);
      assert.instanceOf(bytes, Uint8Array);
      assert.deepEqual([...bytes], expected);
    }
    assert.throws(() => encoder.encode(Symbol("s") as unknown as string), TypeError);
  },

  "long strings": ({ globals: { TextEncoder }, assert }) => {
    for (const length of [63, 64, 65, 1000, 5000, 100_000]) {
      assert.strictEqual(new TextEncoder().encode("x".repeat(length)).length, length);
      assert.strictEqual(new TextEncoder().encode(`${"x".repeat(length)}\u20ac`).length, length + 3);
    }
  },

  "strings in every form that an engine keeps them in": ({ globals: { TextEncoder, TextDecoder, btoa, atob }, assert }) => {
    const encoder = new TextEncoder();
    const target = new Uint8Array(4096);
    for (const unit of ["0123456789abcdef", "0123456789abcdeé", "0123456789 東京 😀 "]) {
      const flat = [...Array(20).keys()].map(() => unit).join("");
      let rope = "";
      for (let part = 0; part < 20; part++) rope += unit;
      const sliced = `${flat}${flat}`.slice(flat.length);
      // A part with one-byte characters only, of a string that has others.
      const narrow = `${"東".repeat(40)}${"n".repeat(320)}`.slice(40);
      const expected = encoder.encode(flat);
      assert.strictEqual(new TextDecoder().decode(expected), flat);
      for (const text of [rope, sliced, flat.padEnd(flat.length)]) {
        assert.deepEqual(encoder.encode(text), expected);
        assert.deepEqual(encoder.encodeInto(text, target), { read: flat.length, written: expected.length });
        assert.deepEqual(target.slice(0, expected.length), expected);
      }
      assert.strictEqual(encoder.encode(narrow).length, 320);
      assert.strictEqual(atob(btoa(narrow)), narrow);
    }
  },

  "short strings, as long ones": ({ globals: { TextEncoder }, assert }) => {
    const encoder = new TextEncoder();
    const parts = ["", "a", "é", "\u07ff", "\u0800", "東", "\uffff", "\ud7ff", "\ue000", "😀", "\u{10ffff}", "\ud83d", "\ude00"];
    const long = "x".repeat(100);
    for (const one of parts) {
      for (const two of parts) {
        for (const filling of ["", "-".repeat(60)]) {
          const text = `${one}${filling}${two}`;
          assert.deepEqual([...encoder.encode(text)], [...encoder.encode(text + long)].slice(0, -100), JSON.stringify(text));
        }
      }
    }
  },

  "encodeInto of long strings: whole code points across its pieces": ({ globals: { TextEncoder, TextDecoder }, assert }) => {
    const encoder = new TextEncoder();
    const text = `${"x".repeat(2 ** 21 - 1)}😀${"é".repeat(5000)}`;
    const whole = encoder.encode(text);
    for (const room of [2 ** 21 - 1, 2 ** 21, 2 ** 21 + 2, 2 ** 21 + 3, whole.length - 1, whole.length, whole.length + 7]) {
      const target = new Uint8Array(room + 1);
      const { read, written } = encoder.encodeInto(text, target.subarray(0, room));
      assert.isAtMost(room - written, room > whole.length ? 7 : 3);
      assert.strictEqual(new TextDecoder().decode(target.subarray(0, written)), text.slice(0, read));
      assert.strictEqual(target[written], 0);
    }
  },

  "the bytes are the caller's own": ({ globals: { TextEncoder }, assert }) => {
    const encoder = new TextEncoder();
    const first = encoder.encode("abc");
    first[0] = 0;
    assert.strictEqual(encoder.encode("abc")[0], 0x61);
    assert.strictEqual(first.byteOffset, 0);
    assert.strictEqual(first.buffer.byteLength, 3);
  },

  "encodeInto takes whole code points only": ({ globals: { TextEncoder }, assert }) => {
    const encoder = new TextEncoder();
    const table: [source: string, room: number, read: number, written: number[]][] = [
      ["", 3, 0, []],
      ["abc", 0, 0, []],
      ["abc", 2, 2, [0x61, 0x62]],
      ["abc", 5, 3, [0x61, 0x62, 0x63]],
      ["\u20aca", 2, 0, []],
      ["\u20aca", 3, 1, [0xe2, 0x82, 0xac]],
      ["a\u{1f600}", 4, 1, [0x61]],
      ["a\u{1f600}", 5, 3, [0x61, 0xf0, 0x9f, 0x98, 0x80]],
      ["\u{1f600}\u{1f600}", 7, 2, [0xf0, 0x9f, 0x98, 0x80]],
      ["\u{1f600}", 1, 0, []],
      ["a\ud800", 4, 2, [0x61, 0xef, 0xbf, 0xbd]],
      ["ab\u{1f600}", 3, 2, [0x61, 0x62]],
    ];
    for (const [source, room, read, written] of table) {
      const whole = new Uint8Array(room + 8).fill(0xaa);
      const result = encoder.encodeInto(source, whole.subarray(4, 4 + room));
      assert.deepEqual(result, { read, written: written.length }, `${source} into ${room}`);
      assert.deepEqual([...whole.subarray(4, 4 + written.length)], written);
      assert.isTrue(
        whole.subarray(0, 4).every((byte) => byte === 0xaa) && whole.subarray(4 + written.length).every((byte) => byte === 0xaa),
      );
    }
  },

  "encodeInto into shared memory; not into other views": ({ globals: { TextEncoder }, assert }) => {
    const encoder = new TextEncoder();
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    assert.deepEqual(encoder.encodeInto("hi", shared), { read: 2, written: 2 });
    assert.deepEqual([...shared], [0x68, 0x69, 0, 0]);
    for (const bad of [
      new ArrayBuffer(4),
      new Int8Array(4),
      new Uint8ClampedArray(4),
      new DataView(new ArrayBuffer(4)),
      [],
      null,
      undefined,
    ]) {
      assert.throws(() => encoder.encodeInto("x", bad as never), TypeError);
    }
    assert.throws(() => (encoder.encodeInto as (source: string) => unknown)("x"), TypeError, "2 arguments required");
  },

  "the interface looks as IDL says": ({ globals: { TextEncoder }, assert }) => {
    assert.strictEqual(TextEncoder.length, 0);
    assert.strictEqual(TextEncoder.prototype.encode.length, 0);
    assert.strictEqual(TextEncoder.prototype.encodeInto.length, 2);
    assert.deepEqual(Object.keys(TextEncoder.prototype).sort(), ["encode", "encodeInto", "encoding"]);
    assert.strictEqual(Object.prototype.toString.call(new TextEncoder()), "[object TextEncoder]");
    assert.throws(() => TextEncoder.prototype.encode.call({} as never), TypeError, "Illegal invocation");
    assert.throws(() => TextEncoder.prototype.encoding, TypeError);
  },
});
