import { cases } from "../../contract/cases.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

export default cases({
  "long text of all kinds, and what is around it": ({ globals: { TextDecoder, TextEncoder }, assert }) => {
    const decoder = new TextDecoder();
    for (const unit of ["ascii text ", "Größe ", "Größe: 10 €, 東京, 😀 and text. ", "東京都"]) {
      for (const count of [1, 100, 3000, 40_000]) {
        const text = unit.repeat(count);
        const bytes = new TextEncoder().encode(text);
        assert.strictEqual(decoder.decode(bytes), text);
        const longer = new Uint8Array(bytes.length + 2);
        longer.set(bytes, 1);
        longer[0] = 0xff;
        longer[bytes.length + 1] = 0xf0;
        assert.strictEqual(decoder.decode(longer), `\ufffd${text}\ufffd`);
        assert.strictEqual(decoder.decode(longer.subarray(1, -1)), text);
        assert.throws(() => new TextDecoder("utf-8", { fatal: true }).decode(longer), TypeError);
      }
    }
  },

  labels: ({ globals: { TextDecoder }, assert }) => {
    for (const label of ["utf-8", "UTF8", " \t\n\f\rUtf-8 ", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"]) {
      assert.strictEqual(new TextDecoder(label).encoding, "utf-8", label);
    }
    assert.strictEqual(new TextDecoder(undefined).encoding, "utf-8");
    for (const label of ["", "utf", "utf_8", "constructor", "utf-8\0", "\u00a0utf-8", "\vutf-8"]) {
      assert.throws(() => new TextDecoder(label), RangeError, "label", JSON.stringify(label));
    }
    assert.throws(() => new TextDecoder(null as unknown as string), RangeError);
    assert.throws(() => new TextDecoder(Symbol("s") as unknown as string), TypeError);
  },

  options: ({ globals: { TextDecoder }, assert }) => {
    const decoder = new TextDecoder("utf-8", { fatal: 1 as unknown as boolean, ignoreBOM: true });
    assert.isTrue(decoder.fatal);
    assert.isTrue(decoder.ignoreBOM);
    assert.isFalse(new TextDecoder().fatal);
    assert.isFalse(new TextDecoder("utf8", null as never).ignoreBOM);
    assert.throws(() => new TextDecoder("utf-8", 1 as never), TypeError);
  },

  "decodes, with a U+FFFD for each maximal subpart": ({ globals: { TextDecoder }, assert }) => {
    const decoder = new TextDecoder();
    const table: [number[], string][] = [
      [[], ""],
      [[0x61, 0x62], "ab"],
      [[0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0], "\u00e9\u20ac\u{1f600}\0"],
      [[0x80], "\ufffd"],
      [[0xe2, 0x82], "\ufffd"],
      [[0xe2, 0x82, 0x41], "\ufffdA"],
      [[0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
      [[0xf0, 0x9f, 0x98, 0xe2, 0x82, 0xac], "\ufffd\u20ac"],
      [[0xc0, 0x80, 0xff], "\ufffd\ufffd\ufffd"],
      [[0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
    ];
    for (const [input, text] of table) assert.strictEqual(decoder.decode(bytes(...input)), text, input.join());
    assert.strictEqual(decoder.decode(), "");
    assert.strictEqual(decoder.decode(undefined, undefined), "");
  },

  "every kind of buffer source": ({ globals: { TextDecoder }, assert }) => {
    const decoder = new TextDecoder();
    const { buffer } = bytes(0x78, 0x61, 0x62, 0x63, 0x64, 0x79, 0x79, 0x79);
    assert.strictEqual(decoder.decode(buffer), "xabcdyyy");
    assert.strictEqual(decoder.decode(new Uint8Array(buffer, 1, 4)), "abcd");
    assert.strictEqual(decoder.decode(new DataView(buffer, 1, 2)), "ab");
    assert.strictEqual(decoder.decode(new Uint16Array(buffer, 2, 1)), "bc");
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    shared.set([0x68, 0x69]);
    assert.strictEqual(decoder.decode(shared), "hi");
    assert.strictEqual(decoder.decode(shared.buffer), "hi");
    for (const bad of ["x", 1, null, {}, [1]]) assert.throws(() => decoder.decode(bad as never), TypeError);
  },

  fatal: ({ globals: { TextDecoder }, assert }) => {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    assert.throws(() => decoder.decode(bytes(0x61, 0xff)), TypeError, "utf-8");
    assert.strictEqual(decoder.decode(bytes(0x61)), "a");
    assert.strictEqual(decoder.decode(bytes(0xe2, 0x82), { stream: true }), "");
    assert.throws(() => decoder.decode(), TypeError);
    assert.strictEqual(decoder.decode(bytes(0x62)), "b");
  },

  "the byte order mark": ({ globals: { TextDecoder }, assert }) => {
    const bom = bytes(0xef, 0xbb, 0xbf, 0x61);
    const decoder = new TextDecoder();
    assert.strictEqual(decoder.decode(bom), "a");
    assert.strictEqual(decoder.decode(bom), "a");
    assert.strictEqual(decoder.decode(bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf)), "\ufeff");
    assert.strictEqual(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bom), "\ufeffa");
    assert.strictEqual(decoder.decode(bytes(0xef), { stream: true }), "");
    assert.strictEqual(decoder.decode(bytes(0xbb), { stream: true }), "");
    assert.strictEqual(decoder.decode(bytes(0xbf, 0x62), { stream: true }), "b");
    assert.strictEqual(decoder.decode(bom, { stream: true }), "\ufeffa");
    assert.strictEqual(decoder.decode(), "");
    assert.strictEqual(decoder.decode(bom), "a");
  },

  "a stream may be cut anywhere": ({ globals: { TextDecoder, TextEncoder }, assert }) => {
    const text = "\ufeffa\u00e9\u20ac\u{1f600}\ufffdz";
    const input = new TextEncoder().encode(text);
    for (let size = 1; size < input.length; size++) {
      const decoder = new TextDecoder();
      let out = "";
      for (let start = 0; start < input.length; start += size) out += decoder.decode(input.subarray(start, start + size), { stream: true });
      out += decoder.decode();
      assert.strictEqual(out, text.slice(1), `pieces of ${size}`);
    }
    const decoder = new TextDecoder();
    assert.strictEqual(decoder.decode(bytes(0xf0, 0x9f), { stream: true }), "");
    assert.strictEqual(decoder.decode(bytes(0x41), { stream: true }), "\ufffdA");
    assert.strictEqual(decoder.decode(bytes(0xe2), { stream: true }), "");
    assert.strictEqual(decoder.decode(), "\ufffd");
  },

  "the interface looks as IDL says": ({ globals: { TextDecoder }, assert }) => {
    assert.strictEqual(TextDecoder.length, 0);
    assert.strictEqual(TextDecoder.prototype.decode.length, 0);
    assert.deepEqual(Object.keys(TextDecoder.prototype).sort(), ["decode", "encoding", "fatal", "ignoreBOM"]);
    assert.strictEqual(Object.prototype.toString.call(new TextDecoder()), "[object TextDecoder]");
    assert.throws(() => TextDecoder.prototype.decode.call({} as never), TypeError, "Illegal invocation");
    assert.throws(() => TextDecoder.prototype.encoding, TypeError);
  },

  "1 MB, ASCII and not": ({ globals: { TextDecoder, TextEncoder }, assert }) => {
    for (const unit of ["a", "\u00e9", "\u20ac", "\u{1f600}"]) {
      const text = unit.repeat(1_000_000 / unit.length);
      assert.isTrue(new TextDecoder().decode(new TextEncoder().encode(text)) === text, unit);
    }
  },
});
