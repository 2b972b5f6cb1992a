/** Bodies of requests and responses that scripts make: streams, clones, what is used up. */
import { type CaseArguments, cases } from "../../contract/cases.ts";

type Globals = CaseArguments["globals"];

function bytesOf({ TextEncoder }: Globals, text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function streamOf(globals: Globals, ...chunks: unknown[]) {
  return new globals.ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue((typeof chunk === "string" ? bytesOf(globals, chunk) : chunk) as Uint8Array);
      controller.close();
    },
  });
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error("did not reject");
    },
    (error: Error) => error,
  );
}

async function textOf({ TextDecoder }: Globals, stream: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

export default cases({
  "body is a byte stream over what is in memory, the same object each time": async ({ globals, assert }) => {
    const response = new globals.Response("hello");
    const { body } = response;
    assert.instanceOf(body, globals.ReadableStream);
    assert.equal(response.body, body);
    assert.isFalse(response.bodyUsed);
    const reader = body!.getReader({ mode: "byob" });
    assert.isFalse(response.bodyUsed);
    const { value } = await reader.read(new Uint8Array(2));
    assert.deepEqual([...value!], [...bytesOf(globals, "he")]);
    assert.isTrue(response.bodyUsed);
    reader.releaseLock();
    assert.equal(await textOf(globals, body!), "llo");
  },

  "no body, and an empty one": async ({ globals: { Request, Response }, assert }) => {
    assert.isNull(new Response().body);
    assert.isNull(new Request("http://a/").body);
    const { body } = new Response("");
    const reader = body!.getReader();
    await reader.closed;
    assert.deepEqual(await reader.read(), { value: undefined, done: true });
  },

  "a large body in memory comes in copies": async ({ globals: { Response }, assert }) => {
    const bytes = new Uint8Array(200_000).fill(7);
    const response = new Response(bytes);
    let size = 0;
    for await (const chunk of response.body!) {
      size += chunk.length;
      assert.isTrue(chunk.every((byte) => byte === 7));
      chunk.fill(1);
    }
    assert.equal(size, bytes.length);
    assert.isTrue(bytes.every((byte) => byte === 7));
  },

  "a stream as the body is that body": async ({ globals, assert }) => {
    const { Response } = globals;
    const stream = streamOf(globals, "one ", "two");
    const response = new Response(stream);
    assert.equal(response.body as unknown, stream);
    assert.isNull(response.headers.get("content-type"));
    assert.equal(await response.text(), "one two");
    assert.isTrue(response.bodyUsed);
    assert.isTrue(stream.locked);
    assert.deepEqual(await new Response(streamOf(globals, '{"a"', ":1}")).json(), { a: 1 });
    assert.deepEqual([...(await new Response(streamOf(globals, "a", "b")).bytes())], [97, 98]);
    assert.equal((await new Response(streamOf(globals, "a", "b"), { headers: { "content-type": "x/y" } }).blob()).type, "x/y");
    assert.equal((await new Response(streamOf(globals)).arrayBuffer()).byteLength, 0);
  },

  "chunks of a body are copied when they are read": async ({ globals, assert }) => {
    const shared = new Uint8Array(1);
    let count = 0;
    const stream = new globals.ReadableStream<Uint8Array>({
      pull(controller) {
        shared[0] = count++;
        if (count === 4) controller.close();
        else controller.enqueue(shared);
      },
    });
    assert.deepEqual([...(await new globals.Response(stream).bytes())], [0, 1, 2]);
  },

  "streams that cannot be a body": async ({ globals, assert }) => {
    const { Response, Request } = globals;
    const locked = streamOf(globals, "a");
    locked.getReader();
    assert.throws(() => new Response(locked), TypeError, /locked/);
    const read = streamOf(globals, "a", "b");
    const reader = read.getReader();
    await reader.read();
    reader.releaseLock();
    assert.throws(() => new Response(read), TypeError, /read from/);
    const body = () => streamOf(globals, "a");
    assert.throws(() => new Request("http://a/", { method: "POST", body: body() }), TypeError, /duplex/);
    assert.throws(
      () => new Request("http://a/", { method: "POST", body: body(), duplex: "half", keepalive: true }),
      TypeError,
      /keepalive/,
    );
    assert.throws(() => new Request("http://a/", { method: "POST", body: body(), duplex: "half", mode: "no-cors" }), TypeError, /no-cors/);
    assert.throws(() => new Request("http://a/", { body: body(), duplex: "half" }), TypeError, /GET/);
    const error = await failureOf(new Response(streamOf(globals, "text" as never, new Uint16Array(1) as never)).text());
    assert.instanceOf(error, TypeError);
    assert.match(error.message, /Uint8Array/);
  },

  "an error of the stream is the error of what reads the body": async ({ globals, assert }) => {
    const reason = new Error("broken");
    const broken = () =>
      new globals.ReadableStream<Uint8Array>({
        pull(controller) {
          controller.error(reason);
        },
      });
    assert.equal(await failureOf(new globals.Response(broken()).text()), reason);
    assert.equal(await failureOf(new globals.Response(broken()).formData()), reason);
  },

  "used and locked bodies cannot be read or cloned": async ({ globals, assert }) => {
    const { Response } = globals;
    const used = new Response("a");
    await used.text();
    assert.isTrue(used.body!.locked);
    assert.instanceOf(await failureOf(used.text()), TypeError);
    assert.throws(() => used.clone(), TypeError);
    const locked = new Response("a");
    const reader = locked.body!.getReader();
    assert.isFalse(locked.bodyUsed);
    assert.instanceOf(await failureOf(locked.text()), TypeError);
    assert.throws(() => locked.clone(), TypeError);
    reader.releaseLock();
    assert.equal(await locked.text(), "a");
    const canceled = new Response("a");
    await canceled.body!.cancel();
    assert.isTrue(canceled.bodyUsed);
    assert.instanceOf(await failureOf(canceled.text()), TypeError);
  },

  "clones: each has all of the body": async ({ globals, assert }) => {
    const { Response } = globals;
    for (const make of [() => new Response("body"), () => new Response(streamOf(globals, "bo", "dy"))]) {
      for (const isStreamMade of [false, true]) {
        const response = make();
        const before = isStreamMade ? response.body : null;
        const clone = response.clone();
        const second = clone.clone();
        if (isStreamMade) {
          assert.isTrue(before!.locked);
          assert.notEqual(response.body, before);
        }
        assert.equal(await clone.text(), "body");
        assert.equal(await textOf(globals, response.body!), "body");
        assert.isFalse(second.bodyUsed);
        assert.equal(await second.text(), "body");
      }
    }
  },

  "clones do not share the memory of chunks": async ({ globals, assert }) => {
    const response = new globals.Response(streamOf(globals, new Uint8Array([1, 2, 3])));
    const clone = response.clone();
    (await response.bytes()).fill(0);
    assert.deepEqual([...(await clone.bytes())], [1, 2, 3]);
  },

  "a request takes over the body of another": async ({ globals, assert }) => {
    const { Request } = globals;
    const options = { method: "POST", duplex: "half" } as const;
    for (const body of ["body", streamOf(globals, "bo", "dy")]) {
      const first = new Request("http://a/", { ...options, body });
      const second = new Request(first);
      assert.isTrue(first.bodyUsed);
      assert.isFalse(second.bodyUsed);
      assert.throws(() => new Request(first), TypeError);
      assert.equal(await second.clone().text(), "body");
      assert.equal(await textOf(globals, second.body!), "body");
    }
    let reason: unknown;
    const stream = new globals.ReadableStream<Uint8Array>({ cancel: (given) => void (reason = given) });
    await new Request(new Request("http://a/", { ...options, body: stream })).body!.cancel("enough");
    assert.equal(reason, "enough");
  },

  "textStream: strings, whoever made the bytes": async ({ globals, assert }) => {
    const { Blob, Request, Response, ReadableStream } = globals;
    const read = async (stream: AsyncIterable<string>): Promise<string> => {
      let text = "";
      for await (const chunk of stream) {
        assert.equal(typeof chunk, "string");
        text += chunk;
      }
      return text;
    };
    const text = "\u00e9\u2603\ud83d\ude00".repeat(20_000);
    const response = new Response(`\ufeff${text}`);
    const stream = response.textStream();
    assert.instanceOf(stream, ReadableStream);
    assert.isTrue(response.bodyUsed && response.body!.locked);
    assert.equal(await read(stream), text);
    for (const body of [text, bytesOf(globals, text), new Blob([text])]) {
      assert.equal(await read(new Response(body).textStream()), text);
      assert.equal(await read(new Request("http://host/", { method: "POST", body }).textStream()), text);
    }
    assert.equal(await read(new Blob([bytesOf(globals, text), "!"]).textStream()), `${text}!`);
    assert.equal(await read(new Blob([]).textStream()), "");
    // A character in two chunks, and bytes that are none.
    const [first, second] = [new Uint8Array([0x61, 0xc3]), new Uint8Array([0xa9, 0xff])];
    assert.equal(await read(new Response(streamOf(globals, first, second)).textStream()), "a\u00e9\ufffd");
    // No body: a stream of nothing, each time.
    const empty = new Response(null);
    assert.equal(await read(empty.textStream()), "");
    assert.notEqual(empty.textStream(), empty.textStream());
    assert.isFalse(empty.bodyUsed);
    assert.throws(() => empty.textStream().getReader({ mode: "byob" }), TypeError);
  },

  "textStream: errors": async ({ globals, assert }) => {
    const { Blob, Request, Response, ReadableStream } = globals;
    const used = new Response("x");
    await used.text();
    assert.throws(() => used.textStream(), TypeError);
    const locked = new Request("http://host/", { method: "POST", body: "x" });
    locked.body!.getReader();
    assert.throws(() => locked.textStream(), TypeError);
    for (const { prototype } of [Response, Request, Blob])
      assert.throws(() => prototype.textStream.call({} as never), TypeError, "Illegal");
    const failing = new Response(new ReadableStream({ start: (controller) => controller.error(new RangeError("no")) }));
    assert.equal((await failureOf(failing.textStream().getReader().read())).name, "RangeError");
    const strings = new Response(streamOf(globals, 5));
    assert.instanceOf(await failureOf(strings.textStream().getReader().read()), TypeError);
    // Canceling it cancels the body.
    const reason = await new Promise((resolve) => {
      const body = new ReadableStream<Uint8Array>({ cancel: resolve });
      void new Response(body).textStream().cancel("enough");
    });
    assert.equal(reason, "enough");
  },

  "a blob's stream": async ({ globals, assert }) => {
    const { Blob, Response } = globals;
    const blob = new Blob(["ab", new Blob(["cd"]), "e"]);
    assert.equal(await textOf(globals, blob.stream()), "abcde");
    assert.equal(await new Response(blob.stream()).text(), "abcde");
    assert.deepEqual(await new Blob().stream().getReader().read(), { value: undefined, done: true });
  },
});
