/**
 * What becomes of a response's body of 4 MiB (https://fetch.spec.whatwg.org/#bodies), and of a blob's stream of 4 MiB, which
 * needs no server: 1,193 a second are 5 GB/s. Rates are bodies a second.
 */
export function cases({ fetch, Blob, Response, TransformStream, CompressionStream, DecompressionStream, TextDecoderStream }, { origin }) {
  const blob = new Blob([new Uint8Array(4 << 20).map((_, index) => 97 + (index % 23))]);
  const sizeOf = async (stream) => (await new Response(stream).arrayBuffer()).byteLength;
  const get = (path = "/") => fetch(origin + path);

  async function repeat(count, once) {
    let sum = 0;
    for (let index = 0; index < count; index++) sum += await once();
    return sum;
  }

  async function read(stream) {
    const reader = stream.getReader();
    let size = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return size;
      size += value.length;
    }
  }

  return {
    "arrayBuffer()": (count) => repeat(count, async () => (await (await get()).arrayBuffer()).byteLength),
    "read loop": (count) => repeat(count, async () => read((await get()).body)),
    "body of the next request": (count) =>
      repeat(count, async () => {
        const { body } = await get();
        return Number(await (await fetch(origin, { method: "POST", body, duplex: "half" })).text());
      }),
    "through an identity transform, bytes()": (count) =>
      repeat(count, async () => (await new Response((await get()).body.pipeThrough(new TransformStream())).arrayBuffer()).byteLength),
    "through a DecompressionStream, bytes()": (count) =>
      repeat(
        count,
        async () => (await new Response((await get("/gzip")).body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer()).byteLength,
      ),
    "blob: bytes() of its stream": (count) => repeat(count, () => sizeOf(blob.stream())),
    "blob: through two identity transforms, bytes()": (count) =>
      repeat(count, () => sizeOf(blob.stream().pipeThrough(new TransformStream()).pipeThrough(new TransformStream()))),
    "blob: compressed and decompressed, bytes()": (count) =>
      repeat(count, () => sizeOf(blob.stream().pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip")))),
    "blob: through a TextDecoderStream, read": (count) => repeat(count, () => read(blob.stream().pipeThrough(new TextDecoderStream()))),
    "clone, both read": (count) =>
      repeat(count, async () => {
        const response = await get();
        const clone = response.clone();
        const [one, two] = await Promise.all([read(response.body), read(clone.body)]);
        return one + two;
      }),
  };
}
