/**
 * https://w3c.github.io/FileAPI/
 */
import { cases } from "../../contract/cases.ts";

export default cases({
  "parts: strings, buffers, views, blobs, other things": async ({ globals: { Blob }, assert }) => {
    const inner = new Blob(["in", "ner"]);
    const bytes = new Uint8Array([0x61, 0x62, 0x63]);
    const blob = new Blob(["é", bytes, bytes.buffer, new DataView(bytes.buffer, 1), inner, 12 as never, null as never, "\ud800"]);
    const text = "éabcabcbcinner12null\ufffd";
    assert.equal(blob.size, new TextEncoder().encode(text).length);
    assert.equal(await blob.text(), text);
    assert.equal(blob.type, "");
    bytes[0] = 0;
    assert.equal(await blob.text(), text, "the bytes were copied");
    assert.equal(new Blob().size, 0);
    assert.equal(await new Blob([]).text(), "");
  },
  "the results are the caller's own": async ({ globals: { Blob }, assert }) => {
    const blob = new Blob(["abc"]);
    const bytes = await blob.bytes();
    assert.isTrue(bytes instanceof Uint8Array);
    bytes.fill(0);
    const buffer = await blob.arrayBuffer();
    assert.isTrue(buffer instanceof ArrayBuffer);
    assert.deepEqual([...new Uint8Array(buffer)], [97, 98, 99]);
    new Uint8Array(buffer).fill(0);
    assert.equal(await blob.text(), "abc");
    assert.equal((await blob.slice(1).arrayBuffer()).byteLength, 2, "not the whole chunk's memory");
  },
  "text: a byte order mark goes, what is ill-formed is replaced": async ({ globals: { Blob }, assert }) => {
    assert.equal(await new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 0x41, 0xff])]).text(), "A\ufffd");
  },
  "type and endings": async ({ globals: { Blob }, assert }) => {
    assert.equal(new Blob([], { type: "Text/HTML;Charset=UTF-8" }).type, "text/html;charset=utf-8");
    assert.equal(new Blob([], { type: "te\u0009xt" }).type, "");
    assert.equal(new Blob([], { type: "é" }).type, "");
    assert.equal(new Blob([], { type: null as never }).type, "null");
    assert.equal(await new Blob(["a\r\nb\rc\n\r"], { endings: "native" }).text(), "a\nb\nc\n\n");
    assert.equal(await new Blob(["a\r\n"]).text(), "a\r\n");
    assert.throws(() => new Blob([], { endings: "x" as never }), TypeError);
  },
  "what is refused": ({ globals: { Blob }, assert }) => {
    for (const parts of ["text", 5, null, {}, true]) assert.throws(() => new Blob(parts as never), TypeError);
    assert.throws(() => new Blob([], "x" as never), TypeError);
    assert.throws(() => new Blob([Symbol("x") as never]), TypeError);
    assert.throws(() => (Blob as unknown as () => void)(), TypeError);
    assert.equal(new Blob(new Set(["a", "b"])).size, 2);
    assert.equal(new Blob(new String("abc") as never).size, 3);
    assert.equal(Blob.length, 0);
    assert.equal(Blob.prototype.slice.length, 0);
  },
  "slice: clamped, relative to the end, shared": async ({ globals: { Blob }, assert }) => {
    const blob = new Blob(["abc", "", "def", new Blob(["ghi"])], { type: "a/b" });
    const texts: [number?, number?][] = [[], [2], [2, 7], [-4], [-4, -2], [0, 0], [7, 2], [100], [-100, 4], [3, 6], [Number.NaN, 1]];
    for (const [start, end] of texts) {
      const part = blob.slice(start, end);
      assert.equal(await part.text(), "abcdefghi".slice(start, end), `${start} ${end}`);
      assert.equal(part.size, "abcdefghi".slice(start, end).length);
    }
    assert.equal(blob.slice().type, "");
    assert.equal(blob.slice(0, 1, "X/Y").type, "x/y");
    assert.equal(await blob.slice(2, 8).slice(1, 4).text(), "def");
    assert.equal(blob.slice(undefined, undefined).size, 9);
    assert.equal(blob.slice(0, null as never).size, 0);
  },
  "a promise rejects for another this": async ({ globals: { Blob }, assert }) => {
    for (const name of ["text", "arrayBuffer", "bytes"] as const) {
      let error: unknown;
      await Reflect.apply(Blob.prototype[name], {}, []).catch((caught: unknown) => {
        error = caught;
      });
      assert.isTrue(error instanceof TypeError, name);
    }
  },
  "File: name, lastModified, slices are Blobs": async ({ globals: { Blob, File }, assert }) => {
    const before = Date.now();
    const file = new File(["abc"], "näme\ud800", { type: "text/plain" });
    assert.isTrue(file instanceof Blob);
    assert.deepEqual([file.name, file.size, file.type], ["näme\ufffd", 3, "text/plain"]);
    assert.isTrue(before <= file.lastModified && file.lastModified <= Date.now());
    assert.equal(new File([], "x", { lastModified: 12.7 }).lastModified, 12);
    assert.equal(new File([], "x", { lastModified: undefined }).name, "x");
    assert.equal(new File([], "x", { lastModified: null as never }).lastModified, 0);
    assert.isFalse(file.slice(1) instanceof File);
    assert.equal(await file.slice(1).text(), "bc");
    assert.throws(() => new (File as unknown as new (bits: unknown) => object)([]), TypeError);
    assert.throws(() => new File("text" as never, "x"), TypeError);
    assert.equal(File.length, 2);
    assert.throws(() => Reflect.get(File.prototype, "name"), TypeError);
  },
  "structuredClone keeps blobs and files as themselves": async ({ globals: { Blob, File, structuredClone }, assert }) => {
    const file = new File(["abc"], "x", { type: "a/b", lastModified: 5 });
    const [blob, copy] = structuredClone([new Blob(["def"], { type: "c/d" }), file] as const);
    assert.isTrue(blob instanceof Blob && !(blob instanceof File));
    assert.deepEqual([await blob.text(), blob.type], ["def", "c/d"]);
    assert.isTrue(copy instanceof File && copy !== file);
    assert.deepEqual([await copy.text(), copy.type, copy.name, copy.lastModified], ["abc", "a/b", "x", 5]);
    class Mine extends File {}
    assert.equal(Object.getPrototypeOf(structuredClone(new Mine([], "x"))), File.prototype);
  },
  "stream: a byte stream of all the bytes": async ({ globals: { Blob, ReadableStream }, assert }) => {
    const bytes = Uint8Array.from({ length: 150_000 }, (_, index) => index % 251);
    const blob = new Blob([bytes, "", "end"]);
    const stream = blob.stream();
    assert.isTrue(stream instanceof ReadableStream);
    const reader = stream.getReader();
    const sizes: number[] = [];
    const seen: number[] = [];
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      sizes.push(value.length);
      seen.push(...value);
      value.fill(0);
    }
    assert.deepEqual(sizes, [65_536, 65_536, 150_000 - 131_072, 3]);
    assert.deepEqual(seen, [...bytes, 101, 110, 100]);
    assert.equal((await blob.bytes())[1], 1, "chunks are copies");
    assert.isTrue((await new Blob([]).stream().getReader().read()).done);
  },
  "stream: into views of the reader's own, and canceled": async ({ globals: { Blob }, assert }) => {
    const reader = new Blob(["abc", "de"]).stream().getReader({ mode: "byob" });
    const texts: string[] = [];
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(2));
      if (done) {
        assert.equal(value!.length, 0);
        break;
      }
      texts.push(String.fromCharCode(...value!));
    }
    assert.equal(texts.join(""), "abcde");
    const other = new Blob(["abc"]).stream();
    await other.cancel();
    assert.isTrue((await other.getReader().read()).done);
    assert.throws(() => Reflect.apply(Blob.prototype.stream, {}, []), TypeError);
  },
});
