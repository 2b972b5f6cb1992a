import { cases, type Globals } from "../../contract/cases.ts";

type Format = ConstructorParameters<Globals["CompressionStream"]>[0];
const standard: Format[] = ["gzip", "deflate", "deflate-raw"];

interface Ends {
  readable: unknown;
  writable: unknown;
}

function concatenated(chunks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

/** Writes the chunks, closes, and reads everything. */
async function through(stream: Ends, ...chunks: unknown[]): Promise<Uint8Array<ArrayBuffer>> {
  const writer = (stream.writable as WritableStream).getWriter();
  const writes = Promise.all([...chunks.map((chunk) => writer.write(chunk)), writer.close()]);
  writes.catch(() => {});
  const out: Uint8Array[] = [];
  const reader = (stream.readable as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    out.push(value);
  }
  await writes;
  return concatenated(out);
}

/** Repeats, but not too soon. */
function sample(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * index) >> 7;
  return bytes;
}

function supported({ CompressionStream }: Globals): Format[] {
  return ([...standard, "brotli", "zstd"] as Format[]).filter((format) => {
    try {
      return new CompressionStream(format);
    } catch {
      return false;
    }
  });
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error("it did not fail"),
    (error) => error,
  );
}

export default cases({
  "what is compressed comes back": async ({ globals, assert }) => {
    const { CompressionStream, DecompressionStream } = globals;
    const formats = supported(globals);
    assert.includeMembers(formats, [...standard, "brotli"]);
    for (const format of formats) {
      for (const length of [0, 1, 1000, 4097, 300_000]) {
        const bytes = sample(length);
        const packed = await through(new CompressionStream(format), bytes);
        const back = await through(new DecompressionStream(format), packed);
        assert.strictEqual(back.length, length, `${format} ${length}`);
        assert.isTrue(back.every((byte, index) => byte === bytes[index]));
      }
    }
  },

  "chunks of every kind and size": async ({ globals: { CompressionStream, DecompressionStream }, assert }) => {
    const bytes = sample(20_000);
    const chunks = [
      bytes.slice(0, 5).buffer,
      new DataView(bytes.buffer, 5, 3),
      new Uint16Array(bytes.slice(8, 20).buffer),
      bytes.subarray(20),
    ];
    for (const format of standard) {
      const packed = await through(new CompressionStream(format), new Uint8Array(0), ...chunks);
      assert.isTrue(packed.length < bytes.length);
      const single = [...packed.slice(0, 100)].map((byte) => new Uint8Array([byte]));
      const back = await through(new DecompressionStream(format), ...single, packed.subarray(100));
      assert.deepEqual([...back], [...bytes]);
    }
  },

  "a chunk may change once it is written": async ({ globals: { CompressionStream, DecompressionStream }, assert }) => {
    const bytes = sample(1 << 20);
    const stream = new CompressionStream("gzip");
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const out: Uint8Array[] = [];
    const first = reader.read();
    await Promise.resolve();
    void writer.write(bytes);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    bytes.fill(0);
    void writer.close();
    for (let next = await first; !next.done; next = await reader.read()) out.push(next.value);
    const back = await through(new DecompressionStream("gzip"), concatenated(out));
    const expected = sample(1 << 20);
    assert.strictEqual(back.length, expected.length);
    assert.isTrue(back.every((byte, index) => byte === expected[index]));
  },

  "corrupt input, input that ends early, input that goes on": async ({ globals, assert }) => {
    const { CompressionStream, DecompressionStream } = globals;
    for (const format of supported(globals)) {
      const packed = await through(new CompressionStream(format), sample(100));
      const early = await failure(through(new DecompressionStream(format), packed.subarray(0, -1)));
      assert.instanceOf(early, TypeError);
      assert.strictEqual(early.message, `DecompressionStream: the input ends before the ${format} data does`);
      const none = await failure(through(new DecompressionStream(format)));
      assert.instanceOf(none, TypeError);
      for (const rest of [packed, new Uint8Array([0])]) {
        for (const chunks of [[concatenated([packed, rest])], [packed, rest]]) {
          // Frames of zstd may follow each other.
          if (format === "zstd" && rest === packed) continue;
          const late = await failure(through(new DecompressionStream(format), ...chunks));
          assert.instanceOf(late, TypeError);
          if (format !== "zstd")
            assert.strictEqual(late.message, `DecompressionStream: the input goes on after the end of the ${format} data`);
        }
      }
    }
    const corrupt = await failure(through(new DecompressionStream("gzip"), new Uint8Array(20)));
    assert.instanceOf(corrupt, TypeError);
    assert.strictEqual(corrupt.message, "DecompressionStream: the input is not valid gzip: incorrect header check");
    const wrong = await failure(through(new CompressionStream("gzip"), "text"));
    assert.instanceOf(wrong, TypeError);
    assert.match(wrong.message, /CompressionStream: a chunk must be an ArrayBuffer, a typed array or a DataView/);
  },

  "a write that fails, and all that follow": async ({ globals: { DecompressionStream }, assert }) => {
    const { readable, writable } = new DecompressionStream("deflate");
    const writer = writable.getWriter();
    const read = failure(readable.getReader().read());
    const errors = [await failure(writer.write(new Uint8Array(20))), await failure(writer.write(new Uint8Array(20))), await read];
    for (const error of errors) {
      assert.instanceOf(error, TypeError);
      assert.strictEqual(error, errors[0]);
    }
    assert.instanceOf(await failure(writer.close()), TypeError);
  },

  "unknown formats": ({ globals: { CompressionStream, DecompressionStream }, assert }) => {
    for (const Stream of [CompressionStream, DecompressionStream]) {
      for (const format of ["a", "GZIP", "", undefined])
        assert.throws(() => new Stream(format as Format), TypeError, /must be one of "deflate"/);
      assert.throws(() => new (Stream as new () => unknown)(), TypeError, /1 argument/);
      assert.throws(() => Reflect.get(Stream.prototype, "readable", {}), TypeError);
    }
  },

  "a small input that decodes to a huge one waits for its reader": async ({
    globals: { CompressionStream, DecompressionStream },
    assert,
  }) => {
    const million = 1 << 20;
    const total = 64 * million;
    const packed = await through(new CompressionStream("gzip"), ...new Array(64).fill(new Uint8Array(million)));
    const { readable, writable } = new DecompressionStream("gzip");
    const writer = writable.getWriter();
    let isWritten = false;
    const written = writer.write(packed).then(() => {
      isWritten = true;
    });
    void writer.close();
    const reader = readable.getReader();
    let sum = (await reader.read()).value!.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.isFalse(isWritten);
    for (let next = await reader.read(); !next.done; next = await reader.read()) sum += next.value.length;
    await written;
    assert.strictEqual(sum, total);
  },

  "cancel and abort in the middle": async ({ globals: { CompressionStream, DecompressionStream }, assert }) => {
    const packed = await through(new CompressionStream("gzip"), new Uint8Array(32 << 20));
    for (const isClosing of [false, true]) {
      const { readable, writable } = new DecompressionStream("gzip");
      const writer = writable.getWriter();
      const write = failure(writer.write(packed));
      const close = isClosing ? failure(writer.close()) : undefined;
      const reader = readable.getReader();
      await reader.read();
      await reader.cancel(new Error("enough"));
      await write;
      await close;
      assert.isTrue((await reader.read()).done);
    }
    const { readable, writable } = new DecompressionStream("gzip");
    const reason = new Error("stop");
    const read = failure(readable.getReader().read());
    await writable.abort(reason);
    assert.strictEqual(await read, reason);
  },

  "many at a time": async ({ globals: { CompressionStream, DecompressionStream }, assert }) => {
    const bytes = sample(50_000);
    const all = Array.from({ length: 20 }, async (_, index) => {
      const part = bytes.subarray(0, index * 2500);
      return (await through(new DecompressionStream("deflate"), await through(new CompressionStream("deflate"), part))).length;
    });
    assert.deepEqual(
      await Promise.all(all),
      Array.from({ length: 20 }, (_, index) => index * 2500),
    );
  },
});
