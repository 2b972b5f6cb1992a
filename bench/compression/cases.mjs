/**
 * CompressionStream and DecompressionStream (https://compression.spec.whatwg.org/). The peer `zlib` is node:zlib's
 * synchronous API: the work without streams, promises and threads.
 */
const kib = 1024;
const line = (index) => `{"id":${index},"name":"item ${(index * 7919) % 1000}","price":${(index * 31) % 97}.${index % 10}},\n`;

function textOf(length) {
  let text = "";
  for (let index = 0; text.length < length; index++) text += line(index);
  return new TextEncoder().encode(text.slice(0, length));
}

/** Writes the chunks, and counts the bytes that come out. */
async function through({ readable, writable }, chunks) {
  const writer = writable.getWriter();
  const written = (async () => {
    for (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  })();
  const reader = readable.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
  }
  await written;
  return length;
}

async function bytesOf(stream, bytes) {
  const writer = stream.writable.getWriter();
  void writer.write(bytes);
  void writer.close();
  const chunks = [];
  const reader = stream.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
  }
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

const piecesOf = (bytes, size) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.slice(index * size, (index + 1) * size));

const sizes = { "1 KiB": kib, "64 KiB": 64 * kib, "1 MiB in 16 chunks": 1024 * kib };

export function cases({ CompressionStream, DecompressionStream, zlib }) {
  const list = {};
  for (const [name, length] of Object.entries(sizes)) {
    const bytes = textOf(length);
    const pieces = piecesOf(bytes, 64 * kib);
    if (zlib !== undefined) {
      const packed = zlib.gzipSync(bytes);
      list[`gzip ${name}`] = (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += zlib.gzipSync(bytes).length;
        return sum;
      };
      list[`gunzip ${name}`] = (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += zlib.gunzipSync(packed).length;
        return sum;
      };
      continue;
    }
    let packed;
    list[`gzip ${name}`] = async (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += await through(new CompressionStream("gzip"), pieces);
      return sum;
    };
    list[`gunzip ${name}`] = async (count) => {
      packed ??= piecesOf(await bytesOf(new CompressionStream("gzip"), bytes), 64 * kib);
      let sum = 0;
      for (let i = 0; i < count; i++) sum += await through(new DecompressionStream("gzip"), packed);
      return sum;
    };
  }
  return list;
}
