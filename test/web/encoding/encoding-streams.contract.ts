import { cases } from "../../contract/cases.ts";

/** Writes the chunks, closes, and reads everything. */
async function through(stream: { readable: unknown; writable: unknown }, chunks: unknown[]): Promise<unknown[]> {
  const writer = (stream.writable as WritableStream).getWriter();
  const writes = Promise.all([...chunks.map((chunk) => writer.write(chunk)), writer.close()]);
  writes.catch(() => {});
  const reader = (stream.readable as ReadableStream).getReader();
  const out: unknown[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    out.push(value);
  }
  await writes;
  return out;
}

export default cases({
  "decodes characters that are split between chunks": async ({ globals: { TextDecoderStream }, assert }) => {
    const bytes = [0xef, 0xbb, 0xbf, 0x61, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xe2];
    const single = bytes.map((byte) => new Uint8Array([byte]));
    assert.strictEqual((await through(new TextDecoderStream(), single)).join(""), "a\u20ac\u{1f600}\ufffd");
    assert.strictEqual(
      (await through(new TextDecoderStream("utf-8", { ignoreBOM: true }), single)).join(""),
      "\ufeffa\u20ac\u{1f600}\ufffd",
    );
    assert.deepEqual(await through(new TextDecoderStream("utf-16le"), [new Uint8Array([0x3d]), new Uint8Array([0xd8, 0, 0xde])]), [
      "\u{1f600}",
    ]);
    assert.deepEqual(await through(new TextDecoderStream("shift_jis"), [new Uint8Array([0x83]), new Uint8Array([0x65]).buffer]), [
      "\u30c6",
    ]);
  },

  "a fatal decoder fails at the piece, or at the end": async ({ globals: { TextDecoderStream }, assert }) => {
    for (const bytes of [[0xff], [0xe2, 0x82]]) {
      const error = await through(new TextDecoderStream("utf-8", { fatal: true }), [new Uint8Array(bytes)]).catch((error) => error);
      assert.instanceOf(error, TypeError);
      assert.match(error.message, /not well-formed utf-8/);
    }
    const wrong = await through(new TextDecoderStream(), ["text"]).catch((error) => error);
    assert.instanceOf(wrong, TypeError);
    assert.throws(() => new TextDecoderStream("klingon"), RangeError);
    assert.throws(() => new TextDecoderStream("replacement"), RangeError);
    const { encoding, fatal, ignoreBOM } = new TextDecoderStream("LATIN1", { fatal: true, ignoreBOM: true });
    assert.deepEqual([encoding, fatal, ignoreBOM], ["windows-1252", true, true]);
  },

  "encodes surrogate pairs that are split between chunks": async ({ globals: { TextEncoderStream }, assert }) => {
    const bytes = async (...chunks: unknown[]): Promise<number[][]> =>
      ((await through(new TextEncoderStream(), chunks)) as Uint8Array[]).map((chunk) => [...chunk]);
    assert.deepEqual(await bytes("a", "", "\u20ac"), [[0x61], [0xe2, 0x82, 0xac]]);
    assert.deepEqual(await bytes("a\ud83d", "\ude00b"), [[0x61], [0xf0, 0x9f, 0x98, 0x80, 0x62]]);
    assert.deepEqual(await bytes("\ud83d", "", "x"), [[0xef, 0xbf, 0xbd, 0x78]]);
    assert.deepEqual(await bytes("\ud83d", "\ud83d", "\ude00"), [
      [0xef, 0xbf, 0xbd],
      [0xf0, 0x9f, 0x98, 0x80],
    ]);
    assert.deepEqual(await bytes("\ud83d"), [[0xef, 0xbf, 0xbd]]);
    assert.deepEqual(await bytes("\ude00", 12, null), [[0xef, 0xbf, 0xbd], [0x31, 0x32], [...new TextEncoder().encode("null")]]);
    assert.strictEqual(new TextEncoderStream().encoding, "utf-8");
    const error = await through(new TextEncoderStream(), [Symbol("s")]).catch((error) => error);
    assert.instanceOf(error, TypeError);
  },

  "pipes text through bytes and back": async ({ globals, assert }) => {
    const { ReadableStream, TextDecoderStream, TextEncoderStream } = globals;
    const parts = ["Gr\u00f6\u00dfe ", "\u{1f600}".slice(0, 1), "\u{1f600}".slice(1), " \u6771\u4eac"];
    let text = "";
    const stream = ReadableStream.from(parts).pipeThrough(new TextEncoderStream()).pipeThrough(new TextDecoderStream());
    for await (const part of stream) text += part;
    assert.strictEqual(text, parts.join(""));
  },
});
