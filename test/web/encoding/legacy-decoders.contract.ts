import { cases } from "../../contract/cases.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const fromHex = (hex: string) => new Uint8Array((hex.match(/../gu) ?? []).map((pair) => Number.parseInt(pair, 16)));

/** Label, name, bytes, text: one of each family and each kind of mistake. */
const table: [label: string, name: string, hex: string, text: string][] = [
  ["latin1", "windows-1252", "6180e9", "a\u20ac\u00e9"],
  ["ISO-8859-5", "iso-8859-5", "bfe0d8d2d5e2", "\u041f\u0440\u0438\u0432\u0435\u0442"],
  ["windows-874", "windows-874", "a1db61", "\u0e01\ufffda"],
  ["koi8-u", "koi8-u", "aebe", "\u045e\u040e"],
  ["866", "ibm866", "1a1c7f8f", "\u001a\u001c\u007f\u041f"],
  ["gb2312", "gbk", "8140802f", "\u4e02\u20ac/"],
  ["gb18030", "gb18030", "e3329a3581308130", "\u{10ffff}\u0080"],
  ["gb18030", "gb18030", "8130ff", "\ufffd0\ufffd"],
  ["big5-hkscs", "big5", "8862a440fa40", "\u00ca\u0304\u4e00\u{20547}"],
  ["x-euc-jp", "euc-jp", "8eb1c6fc8fb0a1", "\uff71\u65e5\u4e02"],
  ["csiso2022jp", "iso-2022-jp", "1b2442467c1b284261", "\u65e5a"],
  ["iso-2022-jp", "iso-2022-jp", "1b284a5c7e1b285a", "\u00a5\u203e\ufffd(Z"],
  ["sjis", "shift_jis", "b193faf04080", "\uff71\u65e5\ue000\u0080"],
  ["ks_c_5601-1987", "euc-kr", "c7d18141ff", "\ud55c\uac02\ufffd"],
  ["utf-16", "utf-16le", "fffe3dd800de", "\u{1f600}"],
  ["utf-16be", "utf-16be", "feffd83d0061de", "\ufffda\ufffd"],
  ["x-user-defined", "x-user-defined", "7f80ff", "\u007f\uf780\uf7ff"],
];

export default cases({
  "one example of each encoding": ({ globals: { TextDecoder }, assert }) => {
    for (const [label, name, hex, text] of table) {
      const decoder = new TextDecoder(label);
      assert.strictEqual(decoder.encoding, name);
      assert.strictEqual(decoder.decode(fromHex(hex)), text, `${label} ${hex}`);
    }
  },

  "pieces of one byte make the same text": ({ globals: { TextDecoder }, assert }) => {
    for (const [label, , hex, text] of table) {
      const decoder = new TextDecoder(label);
      for (let round = 0; round < 2; round++) {
        let decoded = "";
        for (const byte of fromHex(hex)) decoded += decoder.decode(bytes(byte), { stream: true });
        decoded += decoder.decode();
        assert.strictEqual(decoded, text, `${label} ${hex}`);
      }
    }
  },

  "fatal throws where the text would have U+FFFD": ({ globals: { TextDecoder }, assert }) => {
    for (const [label, , hex, text] of table) {
      const decoder = new TextDecoder(label, { fatal: true });
      for (let round = 0; round < 2; round++) {
        if (text.includes("\ufffd")) assert.throws(() => decoder.decode(fromHex(hex)), TypeError, "well-formed", `${label} ${hex}`);
        else assert.strictEqual(decoder.decode(fromHex(hex)), text);
      }
    }
  },

  "a byte order mark counts in UTF-16, and once": ({ globals: { TextDecoder }, assert }) => {
    assert.strictEqual(new TextDecoder("utf-16le").decode(fromHex("fffefffe6100")), "\ufeffa");
    assert.strictEqual(new TextDecoder("utf-16le", { ignoreBOM: true }).decode(fromHex("fffe6100")), "\ufeffa");
    assert.strictEqual(new TextDecoder("gb18030").decode(fromHex("8431953361")), "\ufeffa");
    const decoder = new TextDecoder("utf-16be");
    assert.strictEqual(decoder.decode(bytes(0xfe), { stream: true }), "");
    assert.strictEqual(decoder.decode(bytes(0xff, 0, 0x61), { stream: true }), "a");
    assert.strictEqual(decoder.decode(bytes(0xfe, 0xff)), "\ufeff");
    assert.strictEqual(decoder.decode(bytes(0xfe, 0xff)), "");
  },

  "long input": ({ globals: { TextDecoder }, assert }) => {
    const ascii = new Uint8Array(100_000).fill(0x61);
    const kanji = new Uint8Array(100_000);
    for (let index = 0; index < kanji.length; index += 2) kanji.set([0x93, 0xfa], index);
    for (const label of ["shift_jis", "windows-1252", "gb18030"]) {
      assert.strictEqual(new TextDecoder(label).decode(ascii), "a".repeat(100_000), label);
    }
    assert.strictEqual(new TextDecoder("shift_jis").decode(kanji), "\u65e5".repeat(50_000));
    const units = new Uint8Array(new Uint16Array(50_000).fill(0x65e5).buffer);
    assert.strictEqual(new TextDecoder("utf-16le").decode(units), "\u65e5".repeat(50_000));
  },

  "labels of the replacement encoding are refused": ({ globals: { TextDecoder }, assert }) => {
    for (const label of ["replacement", "iso-2022-kr", "hz-gb-2312", "iso-2022-cn", "utf-7", "utf-32"]) {
      assert.throws(() => new TextDecoder(label), RangeError, "label of an encoding");
    }
  },
});
