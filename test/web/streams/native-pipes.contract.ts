/**
 * Pipes whose ends are all with the core are not to be told from others: each case runs with a blob's stream, and with one of
 * a script's that gives the same bytes, and has to see the same. That the first stays in the core: native-pipes.test.ts.
 */
import { type CaseArguments, type CaseFunction, cases, type Globals } from "../../contract/cases.ts";

interface Pair<R, W> {
  readable: ReadableStream<R>;
  writable: WritableStream<W>;
}
type Bytes = ReadableStream<Uint8Array>;
/** A stream of the bytes. */
type Source = (...parts: (string | Uint8Array<ArrayBuffer>)[]) => Bytes;
type Scenario = (source: Source, t: CaseArguments) => Promise<unknown>;

function blobSource({ Blob }: Globals): Source {
  return (...parts) => new Blob(parts).stream() as never;
}

function scriptSource({ Blob, ReadableStream }: Globals): Source {
  return (...parts) => {
    const reader = new Blob(parts).stream().getReader();
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    }) as never;
  };
}

function same(scenario: Scenario): CaseFunction {
  return async (t) => {
    const native = await scenario(blobSource(t.globals), t);
    t.assert.deepEqual(native, await scenario(scriptSource(t.globals), t));
    t.assert.isDefined(native);
  };
}

/** What it came to, as something to compare. */
async function fate(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ["fulfilled", value],
    (error) => ["rejected", error instanceof Error ? `${error.name}: ${error.message}` : error],
  );
}

/** After a pipe has let go of both ends, which is some microtasks after the last chunk was read. */
async function ends(t: CaseArguments, { source, writable }: { source: Bytes; writable: WritableStream }): Promise<unknown[]> {
  for (let times = 0; times < 4000 && (source.locked || writable.locked); times++) {
    await new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), times < 50 ? 0 : 5));
  }
  return [source.locked, writable.locked, await fate(source.getReader().closed), await fate(writable.getWriter().closed)];
}

const collected = async (t: CaseArguments, stream: unknown) =>
  (await new t.globals.Response(stream as never).bytes()) as Uint8Array<ArrayBuffer>;
const textOf = (t: CaseArguments, stream: unknown): Promise<string> => new t.globals.Response(stream as never).text();

async function chunksOf<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  const reader = stream.getReader();
  for (let result = await reader.read(); !result.done; result = await reader.read()) chunks.push(result.value);
  return chunks;
}

/** Does not compress: more of it than all queues hold cannot be on its way. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

const text = "naïve text, 日本語, 😀 and so on. ".repeat(20_000);

function transform(t: CaseArguments, kind: "gzip" | "gunzip" | "identity" | "decode" | "encode") {
  const { CompressionStream, DecompressionStream, TransformStream, TextDecoderStream, TextEncoderStream } = t.globals;
  switch (kind) {
    case "gzip":
      return new CompressionStream("gzip") as never as Pair<Uint8Array, Uint8Array>;
    case "gunzip":
      return new DecompressionStream("gzip") as never as Pair<Uint8Array, Uint8Array>;
    case "identity":
      return new TransformStream() as never as Pair<Uint8Array, Uint8Array>;
    case "decode":
      return new TextDecoderStream() as never as Pair<Uint8Array, Uint8Array>;
    case "encode":
      return new TextEncoderStream() as never as Pair<Uint8Array, Uint8Array>;
  }
}

export default cases({
  "a blob's stream: collected, decoded, used up": same(async (source, t) => {
    const stream = source(text, "more");
    const response = new t.globals.Response(stream as never);
    const result = await response.text();
    return [result === `${text}more`, response.bodyUsed, stream.locked, await fate(response.text()), await fate(response.body!.cancel())];
  }),

  "there and back: collected": same(async (source, t) => {
    const stream = source(text);
    const packing = transform(t, "gzip");
    const packed = stream.pipeThrough(packing);
    const before = [stream.locked, packing.writable.locked, packed === packing.readable, packed.locked];
    const bytes = await collected(t, packed);
    return [
      before,
      bytes.length < text.length / 10,
      (await textOf(t, source(bytes).pipeThrough(transform(t, "gunzip")))) === text,
      await ends(t, { source: stream, writable: packing.writable }),
    ];
  }),

  "a chain, read chunk by chunk": same(async (source, t) => {
    const pairs = (["gzip", "identity", "gunzip", "decode"] as const).map((kind) => transform(t, kind));
    const stream = source(text);
    let last = stream;
    for (const pair of pairs) last = last.pipeThrough(pair);
    const chunks = (await chunksOf(last)) as unknown as string[];
    return [
      chunks.every((chunk) => typeof chunk === "string" && chunk !== ""),
      chunks.join("") === text,
      await ends(t, { source: stream, writable: pairs[0]!.writable }),
      await fate(pairs[1]!.readable.getReader().closed),
    ];
  }),

  "decoded and encoded: UTF-8 of any encoding": same(async (source, t) => {
    const { TextDecoderStream } = t.globals;
    const shiftJis = new Uint8Array([0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea, 0x41, 0x82]);
    const decoder = new TextDecoderStream("shift_jis") as never as Pair<Uint8Array, Uint8Array>;
    const encoded = source(shiftJis).pipeThrough(decoder).pipeThrough(transform(t, "encode"));
    return [...(await collected(t, encoded.pipeThrough(transform(t, "identity"))))];
  }),

  "text is no body": same(async (source, t) => {
    const decoded = source("text").pipeThrough(transform(t, "decode"));
    return [await fate(textOf(t, decoded)), await fate(textOf(t, source("text").pipeThrough(transform(t, "encode"))))];
  }),

  "text in a transform for bytes, and the other way round": same(async (source, t) => [
    await fate(textOf(t, source("text").pipeThrough(transform(t, "decode")).pipeThrough(transform(t, "gzip")))),
    await fate(textOf(t, source("a").pipeThrough(transform(t, "encode")))),
  ]),

  "a byte order mark, and ill-formed text that is fatal": same(async (source, t) => {
    const { TextDecoderStream } = t.globals;
    const decode = async (options: { fatal?: boolean; ignoreBOM?: boolean }, ...bytes: number[]) => {
      const decoder = new TextDecoderStream("utf-8", options) as never as Pair<string, Uint8Array>;
      const stream = source(new Uint8Array(bytes));
      const chunks = await fate(chunksOf(stream.pipeThrough(decoder)));
      return [chunks, await ends(t, { source: stream, writable: decoder.writable })];
    };
    return [
      await decode({}, 0xef, 0xbb, 0xbf, 0x61, 0xff, 0xe2, 0x82),
      await decode({ ignoreBOM: true }, 0xef, 0xbb, 0xbf, 0x61),
      await decode({ fatal: true }, 0x61, 0xff),
      await decode({ fatal: true }, 0x61, 0xe2, 0x82),
      await decode({}),
    ];
  }),

  "input that is wrong: who is told what": same(async (source, t) => {
    const results: unknown[] = [];
    for (const bytes of [new Uint8Array(100).fill(7), new Uint8Array([0x1f, 0x8b, 8])]) {
      const stream = source(bytes);
      const unpacking = transform(t, "gunzip");
      const piped = stream.pipeTo(unpacking.writable);
      results.push(
        await fate(collected(t, unpacking.readable)),
        await fate(piped),
        await ends(t, { source: stream, writable: unpacking.writable }),
      );
    }
    return results;
  }),

  "the second of three fails: the first is canceled, the third aborted": same(async (source, t) => {
    const stream = source(noise(3_000_000));
    const [first, third] = [transform(t, "gzip"), transform(t, "identity")];
    const failing = new t.globals.TextDecoderStream("utf-8", { fatal: true }) as never as Pair<Uint8Array, Uint8Array>;
    const pipes = [stream.pipeTo(first.writable), first.readable.pipeTo(failing.writable), failing.readable.pipeTo(third.writable)];
    const settled = Promise.all(pipes.map(fate));
    const read = await fate(third.readable.getReader().read());
    return [
      read,
      await settled,
      await ends(t, { source: stream, writable: first.writable }),
      await ends(t, { source: first.readable, writable: failing.writable }),
      await ends(t, { source: failing.readable, writable: third.writable }),
    ];
  }),

  "canceled in the middle": same(async (source, t) => {
    const stream = source(noise(3_000_000));
    const [first, second] = [transform(t, "gzip"), transform(t, "gunzip")];
    const pipes = [stream.pipeTo(first.writable), first.readable.pipeTo(second.writable)];
    const settled = Promise.all(pipes.map(fate));
    const reader = second.readable.getReader();
    const { value } = await reader.read();
    const canceled = await fate(reader.cancel("enough"));
    return [
      value!.length > 0,
      canceled,
      await fate(reader.read()),
      await settled,
      await ends(t, { source: stream, writable: first.writable }),
      await ends(t, { source: first.readable, writable: second.writable }),
    ];
  }),

  "options and signals": same(async (source, t) => {
    const kept = transform(t, "identity");
    const piped = source("ab").pipeTo(kept.writable, { preventClose: true });
    const reader = kept.readable.getReader();
    const chunk = await reader.read();
    await piped;
    const writer = kept.writable.getWriter();
    const closed = writer.close();
    const rest = await fate(reader.read());
    const controller = new t.globals.AbortController();
    const aborted = transform(t, "gzip");
    const stopped = fate(source(text).pipeTo(aborted.writable, { signal: controller.signal as never }));
    controller.abort("stop");
    return [[...chunk.value!], rest, await fate(closed), await stopped, await fate(aborted.readable.getReader().read())];
  }),

  "a stream that was read from, a transform that was written to": same(async (source, t) => {
    const { TransformStream } = t.globals;
    const stream = source("a".repeat(100_000));
    const reader = stream.getReader();
    const first = await reader.read();
    reader.releaseLock();
    const rest = await collected(t, stream.pipeThrough(transform(t, "identity")));
    const written = new TransformStream<Uint8Array, Uint8Array>() as never as Pair<Uint8Array, Uint8Array>;
    const writer = written.writable.getWriter();
    void writer.write(new Uint8Array([1]));
    writer.releaseLock();
    const after = await collected(t, source("b").pipeThrough(written));
    return [first.value!.length + rest.length, [...after]];
  }),

  "teed after a transform: both branches have the same chunks": same(async (source, t) => {
    const [one, two] = source(text).pipeThrough(transform(t, "gzip")).tee();
    const [first, second] = await Promise.all([chunksOf(one), chunksOf(two)]);
    return [first.length > 0, first.every((chunk, index) => chunk === second[index])];
  }),

  "cloned after a transform": same(async (source, t) => {
    const response = new t.globals.Response(source(text).pipeThrough(transform(t, "gzip")) as never);
    const clone = response.clone();
    const [one, two] = await Promise.all([response.bytes(), clone.bytes()]);
    return [one.length > 0, one.length === two.length, one.every((byte, index) => byte === two[index])];
  }),

  "a body in memory, through a transform": same(async (source, t) => {
    const { Response, Request } = t.globals;
    void source;
    const response = new Response(text);
    const packed = await collected(t, response.body!.pipeThrough(transform(t, "gzip") as never));
    const request = new Request("http://h", { method: "POST", body: packed });
    return [response.bodyUsed, (await textOf(t, request.body!.pipeThrough(transform(t, "gunzip") as never))) === text, request.bodyUsed];
  }),

  "nothing at all": same(async (source, t) => [
    (await collected(t, source())).length,
    (await collected(t, source().pipeThrough(transform(t, "gzip")))).length > 0,
    await fate(collected(t, source().pipeThrough(transform(t, "gunzip")))),
    await chunksOf(source().pipeThrough(transform(t, "decode"))),
  ]),
});
