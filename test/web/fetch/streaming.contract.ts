/** Bodies that stream over sockets, both ways, against streaming.server.ts. */
import { type CaseArguments, cases } from "../../contract/cases.ts";
import { isPattern, makePattern } from "./pattern.ts";

const urlOf = ({ context }: CaseArguments, path: string): string => `${context.server}${path}`;

const newId = (): string => `${Math.random()}`.slice(2);

async function failureOf(promise: Promise<unknown>): Promise<Error & { cause?: unknown }> {
  return promise.then(
    () => {
      throw new Error("did not reject");
    },
    (error: Error) => error,
  );
}

/** Waits until the server says so. */
async function untilFate(t: CaseArguments, id: string, fate: string): Promise<void> {
  for (let times = 0; times < 2000; times++) {
    if ((await (await t.globals.fetch(urlOf(t, `/fate?id=${id}`))).text()) === fate) return;
    await new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 10));
  }
  throw new Error(`the server never saw it ${fate}`);
}

const release = async (t: CaseArguments, id: string): Promise<void> => {
  await (await t.globals.fetch(urlOf(t, `/release?id=${id}`))).text();
};

const upload = { method: "POST", duplex: "half" } as const;

/** What /collect answers, in part. */
interface Sum {
  length: number;
  sum: number;
}

export default cases({
  "a response's body comes piece by piece": async (t) => {
    const id = newId();
    const response = await t.globals.fetch(urlOf(t, `/steps?id=${id}`));
    const reader = response.body!.getReader();
    const first = await reader.read();
    t.assert.deepEqual([...first.value!], [97]);
    t.assert.isTrue(response.bodyUsed);
    await release(t, id);
    let rest = "";
    for (let result = await reader.read(); !result.done; result = await reader.read()) rest += String.fromCharCode(...result.value);
    t.assert.equal(rest, "bc");
    await reader.closed;
  },

  "a reader brings its own memory": async (t) => {
    const response = await t.globals.fetch(urlOf(t, "/sized?size=200000"));
    const reader = response.body!.getReader({ mode: "byob" });
    let size = 0;
    let view = new Uint8Array(50_000);
    while (true) {
      const { value, done } = await reader.read(view);
      if (done) break;
      t.assert.isTrue(value!.every((byte) => byte === 3));
      size += value!.length;
      view = new Uint8Array(value!.buffer as ArrayBuffer);
    }
    t.assert.equal(size, 200_000);
  },

  "async iteration, and a clone beside it": async (t) => {
    const response = await t.globals.fetch(urlOf(t, "/sized?size=1000000"));
    const clone = response.clone();
    let size = 0;
    const counted = (async () => {
      for await (const chunk of response.body!) size += chunk.length;
    })();
    const [bytes] = await Promise.all([clone.bytes(), counted]);
    t.assert.equal(bytes.length, 1_000_000);
    t.assert.equal(size, 1_000_000);
  },

  "canceling a body closes its connection": async (t) => {
    const id = newId();
    const response = await t.globals.fetch(urlOf(t, `/endless?id=${id}`));
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await untilFate(t, id, "closed");
    t.assert.deepEqual(await reader.read(), { value: undefined, done: true });
  },

  "canceling both clones closes the connection, one does not": async (t) => {
    const id = newId();
    const response = await t.globals.fetch(urlOf(t, `/endless?id=${id}`));
    const clone = response.clone();
    void clone.body!.cancel("one");
    const reader = response.body!.getReader();
    t.assert.isFalse((await reader.read()).done);
    void reader.cancel("two");
    await untilFate(t, id, "closed");
  },

  "an abort errors the body's stream and closes the connection": async (t) => {
    const id = newId();
    const controller = new t.globals.AbortController();
    const response = await t.globals.fetch(urlOf(t, `/endless?id=${id}`), { signal: controller.signal });
    const reader = response.body!.getReader();
    await reader.read();
    controller.abort("enough");
    t.assert.equal(await failureOf(reader.read()), "enough" as never);
    t.assert.equal(await failureOf(reader.closed), "enough" as never);
    await untilFate(t, id, "closed");
  },

  "an abort errors a body that is in memory and not read yet": async (t) => {
    for (const isBefore of [true, false]) {
      const controller = new t.globals.AbortController();
      const response = await t.globals.fetch("data:,text", { signal: controller.signal });
      const reader = isBefore ? response.body!.getReader() : null;
      controller.abort("enough");
      t.assert.equal(await failureOf((reader ?? response.body!.getReader()).read()), "enough" as never);
    }
  },

  "a stream goes up in chunks": async (t) => {
    const body = new t.globals.ReadableStream<Uint8Array>({
      async start(controller) {
        for (const text of ["one ", "", "two ", "three"]) {
          controller.enqueue(new t.globals.TextEncoder().encode(text));
          await new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 2));
        }
        controller.close();
      },
    });
    const response = await t.globals.fetch(urlOf(t, "/echo"), { ...upload, body });
    t.assert.equal(response.headers.get("x-length"), "none");
    t.assert.equal(response.headers.get("x-coding"), "chunked");
    t.assert.equal(await response.text(), "one two three");
    t.assert.isTrue(body.locked);
  },

  "an empty stream, and a request object with a stream": async (t) => {
    const { Request, ReadableStream, fetch } = t.globals;
    const empty = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
    t.assert.equal(await (await fetch(urlOf(t, "/echo"), { ...upload, body: empty })).text(), "");
    const request = new Request(urlOf(t, "/echo"), { ...upload, body: new t.globals.Blob(["from a blob"]).stream() });
    const answered = fetch(request);
    t.assert.isTrue(request.bodyUsed);
    t.assert.equal(await (await answered).text(), "from a blob");
    t.assert.instanceOf(await failureOf(fetch(request)), TypeError);
  },

  "a Content-Length with a stream: no chunks, and the length holds": async (t) => {
    const { fetch, Blob } = t.globals;
    const send = (length: string, text = "from a stream", path = "/echo") =>
      fetch(urlOf(t, path), { ...upload, body: new Blob([text]).stream(), headers: { "content-length": length } });
    const response = await send("13");
    t.assert.equal(response.headers.get("x-length"), "13");
    t.assert.equal(response.headers.get("x-coding"), "none");
    t.assert.equal(await response.text(), "from a stream");
    t.assert.equal(await (await send("0", "")).text(), "");
    for (const length of ["12", "14"]) {
      const error = await failureOf(send(length, "from a stream", "/collect"));
      t.assert.match((error.cause as Error).message, /Content-Length/);
    }
    const download = await fetch(urlOf(t, "/sized?size=500000"));
    const passed = await fetch(urlOf(t, "/collect"), { ...upload, body: download.body, headers: { "content-length": "500000" } });
    t.assert.equal(((await passed.json()) as { sum: number }).sum, 1_500_000);
  },

  "a response's body is the body of the next request": async (t) => {
    const { fetch } = t.globals;
    const download = await fetch(urlOf(t, "/sized?size=3000000"));
    const response = await fetch(urlOf(t, "/collect"), { ...upload, body: download.body });
    const answer = (await response.json()) as { length: number; sum: number };
    t.assert.equal(answer.length, 3_000_000);
    t.assert.equal(answer.sum, 9_000_000);
  },

  "a response's body goes on to a server: its end, its failure, its abort, nobody who wants it": async (t) => {
    const { fetch, AbortController } = t.globals;
    // Endless, until its own fetch is aborted.
    const controller = new AbortController();
    const endless = await fetch(urlOf(t, `/endless?id=${newId()}`), { signal: controller.signal });
    const id = newId();
    const sent = fetch(urlOf(t, `/held?id=${id}`), { ...upload, body: endless.body });
    await untilFate(t, id, "held");
    t.assert.isTrue(endless.bodyUsed);
    t.assert.isTrue(endless.body!.locked);
    controller.abort("enough");
    const failure = await failureOf(sent);
    t.assert.instanceOf(failure, TypeError);
    t.assert.equal(failure.cause, "enough");
    await release(t, id);
    await untilFate(t, id, "cut");
    // Cut short by its server.
    const cut = await fetch(urlOf(t, "/cut"));
    const error = await failureOf(fetch(urlOf(t, "/collect"), { ...upload, body: cut.body }));
    t.assert.instanceOf(error, TypeError);
    t.assert.equal((error.cause as Error & { cause: { code: string } }).cause.code, "ERR_HTTP_BODY_TRUNCATED");
    // The upload is aborted.
    const source = newId();
    const other = new AbortController();
    const download = await fetch(urlOf(t, `/endless?id=${source}`));
    const target = newId();
    const aborted = fetch(urlOf(t, `/held?id=${target}`), { ...upload, body: download.body, signal: other.signal });
    await untilFate(t, target, "held");
    other.abort("no more");
    t.assert.equal(await failureOf(aborted), "no more" as never);
    await untilFate(t, source, "closed");
    await release(t, target);
    // Answered before all was sent.
    const early = newId();
    const response = await fetch(urlOf(t, "/early"), { ...upload, body: (await fetch(urlOf(t, `/endless?id=${early}`))).body });
    t.assert.equal(await response.text(), "too large");
    await untilFate(t, early, "closed");
  },

  "a request whose body is a response's is cloned: both can be sent, and made into others": async (t) => {
    const { fetch, Request } = t.globals;
    const length = 500_000;
    const make = async () => {
      const source = await fetch(urlOf(t, "/echo"), { method: "POST", body: makePattern(length) });
      const request = new Request(urlOf(t, "/echo"), { ...upload, body: source.body });
      return [request, request.clone()] as const;
    };
    const [first, second] = await make();
    for (const answer of await Promise.all([first, second].map((request) => fetch(request)))) {
      t.assert.isTrue(isPattern(await answer.bytes(), length));
    }
    t.assert.isTrue(first.bodyUsed && second.bodyUsed);
    const [third, fourth] = await make();
    const copy = new Request(third);
    t.assert.isTrue(third.bodyUsed);
    for (const request of [copy, fourth]) t.assert.isTrue(isPattern(await request.bytes(), length));
  },

  "a look at the body while it is collected does it no harm": async (t) => {
    const { fetch } = t.globals;
    const length = 500_000;
    const response = await fetch(urlOf(t, "/echo"), { method: "POST", body: makePattern(length) });
    const bytes = response.bytes();
    t.assert.isTrue(response.bodyUsed && response.body!.locked);
    t.assert.equal(response.body, response.body);
    t.assert.throws(() => response.body!.getReader(), TypeError);
    t.assert.instanceOf(await failureOf(response.body!.cancel()), TypeError);
    t.assert.instanceOf(await failureOf(response.text()), TypeError);
    t.assert.isTrue(isPattern(await bytes, length));
    t.assert.isTrue(response.bodyUsed && response.body!.locked);
  },

  "a body that was read in part goes on from there": async (t) => {
    const { fetch } = t.globals;
    const download = await fetch(urlOf(t, "/sized?size=1000000"));
    const reader = download.body!.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    let rest = 0;
    const [one, two] = download.body!.tee();
    void two.cancel();
    for await (const chunk of one) rest += chunk.length;
    t.assert.equal(value!.length + rest, 1_000_000);
  },

  "branches of a body: one after the other, canceled, abandoned": async (t) => {
    const { fetch, AbortController } = t.globals;
    const response = await fetch(urlOf(t, "/sized?size=5000000"));
    const clones = [response, response.clone(), response.clone()];
    for (const clone of clones) t.assert.equal((await clone.arrayBuffer()).byteLength, 5_000_000);
    // Canceling one is over when the other one is.
    const [one, two] = (await fetch(urlOf(t, "/sized?size=100000"))).body!.tee();
    let isCanceled = false;
    const canceled = one.cancel().then(() => {
      isCanceled = true;
    });
    const reader = two.getReader();
    await reader.read();
    t.assert.isFalse(isCanceled);
    await reader.cancel();
    await canceled;
    // An abort reaches both.
    const controller = new AbortController();
    const aborted = await fetch(urlOf(t, `/endless?id=${newId()}`), { signal: controller.signal });
    const clone = aborted.clone();
    const first = clone.body!.getReader();
    await first.read();
    controller.abort("enough");
    t.assert.equal(await failureOf(first.read()), "enough" as never);
    t.assert.equal(await failureOf(aborted.text()), "enough" as never);
    // A failure too.
    const cut = await fetch(urlOf(t, "/cut"));
    const cutClone = cut.clone();
    t.assert.instanceOf(await failureOf(cut.text()), TypeError);
    t.assert.instanceOf(await failureOf(cutClone.text()), TypeError);
  },

  "a response made of another's body": async (t) => {
    const { fetch, Response } = t.globals;
    const response = new Response((await fetch(urlOf(t, "/sized?size=300000"))).body, { headers: { "content-type": "a/b" } });
    const clone = response.clone();
    t.assert.equal((await response.bytes()).length, 300_000);
    t.assert.equal((await clone.blob()).type, "a/b");
  },

  "through an identity transform: read, collected, sent on": async (t) => {
    const { fetch, Response, TransformStream } = t.globals;
    const through = async () => {
      const source = (await fetch(urlOf(t, "/sized?size=3000000"))).body!;
      const transform = new TransformStream<Uint8Array, Uint8Array>();
      const readable = source.pipeThrough(transform);
      t.assert.isTrue(source.locked);
      t.assert.isTrue(transform.writable.locked);
      t.assert.equal(readable, transform.readable);
      t.assert.isFalse(readable.locked);
      return { source, readable, transform };
    };
    const read = await through();
    let size = 0;
    for await (const chunk of read.readable) size += chunk.length;
    t.assert.equal(size, 3_000_000);
    const collected = await through();
    t.assert.equal((await new Response(collected.readable).bytes()).length, 3_000_000);
    const sent = await through();
    const answer = (await (await fetch(urlOf(t, "/collect"), { ...upload, body: sent.readable })).json()) as { sum: number };
    t.assert.equal(answer.sum, 9_000_000);
    for (const { source, transform } of [read, collected, sent]) {
      // The pipe is over, and has let go of both.
      for (let times = 0; times < 50 && (source.locked || transform.writable.locked); times++) await Promise.resolve();
      t.assert.isFalse(source.locked);
      await source.getReader().closed;
      await transform.writable.getWriter().closed;
    }
  },

  "pipeTo the writable side of a transform: its promise": async (t) => {
    const { fetch, Response, TransformStream, AbortController } = t.globals;
    const transform = new TransformStream<Uint8Array, Uint8Array>();
    const piped = (await fetch(urlOf(t, "/sized?size=100000"))).body!.pipeTo(transform.writable);
    t.assert.equal((await new Response(transform.readable).bytes()).length, 100_000);
    t.assert.isUndefined(await piped);
    // Canceled.
    const id = newId();
    const canceled = new TransformStream<Uint8Array, Uint8Array>();
    const { body } = await fetch(urlOf(t, `/endless?id=${id}`));
    const pipe = body!.pipeTo(canceled.writable);
    const reader = canceled.readable.getReader();
    await reader.read();
    await reader.cancel("enough");
    t.assert.equal(await failureOf(pipe), "enough" as never);
    t.assert.equal(await failureOf(canceled.writable.getWriter().closed), "enough" as never);
    await body!.getReader().closed;
    await untilFate(t, id, "closed");
    // Aborted.
    const controller = new AbortController();
    const aborted = new TransformStream<Uint8Array, Uint8Array>();
    const response = await fetch(urlOf(t, `/endless?id=${newId()}`), { signal: controller.signal });
    const other = response.body!.pipeTo(aborted.writable);
    const rest = aborted.readable.getReader();
    await rest.read();
    controller.abort("stop");
    for (const promise of [other, rest.read(), aborted.writable.getWriter().closed, response.body!.getReader().closed]) {
      t.assert.equal(await failureOf(promise as Promise<unknown>), "stop" as never);
    }
  },

  "through a DecompressionStream, and errors on the way": async (t) => {
    const { fetch, DecompressionStream, Response, TransformStream } = t.globals;
    const unzipped = async (path: string) =>
      (await fetch(urlOf(t, path)))
        .body!.pipeThrough(new TransformStream<Uint8Array, Uint8Array>())
        .pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response((await unzipped("/gzip?size=2000000")) as never).text();
    t.assert.equal(text.length, 2_000_000);
    t.assert.isTrue(text.startsWith("some text that repeats some"));
    let size = 0;
    for await (const chunk of (await unzipped("/gzip?size=2000000")) as AsyncIterable<Uint8Array>) size += chunk.length;
    t.assert.equal(size, 2_000_000);
    const corrupt = await unzipped("/sized?size=200000");
    const error = await failureOf(new Response(corrupt as never).text());
    t.assert.instanceOf(error, TypeError);
    t.assert.match(error.message, /DecompressionStream/);
    const cut = (await failureOf(new Response((await fetch(urlOf(t, "/cut"))).body!.pipeThrough(new TransformStream())).text())) as {
      cause?: { code?: string };
    };
    t.assert.equal(cut.cause?.code, "ERR_HTTP_BODY_TRUNCATED");
  },

  "a transform that was written to or read from before the pipe gets its chunks in order": async (t) => {
    const { fetch, TransformStream } = t.globals;
    const transform = new TransformStream<Uint8Array, Uint8Array>();
    const writer = transform.writable.getWriter();
    const reader = transform.readable.getReader();
    void writer.write(new Uint8Array([1]));
    writer.releaseLock();
    void (await fetch(urlOf(t, "/sized?size=10"))).body!.pipeTo(transform.writable);
    const bytes: number[] = [];
    for (let result = await reader.read(); !result.done; result = await reader.read()) bytes.push(...result.value);
    t.assert.deepEqual(bytes, [1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
  },

  "a server that does not read stops the stream": async (t) => {
    const id = newId();
    const chunk_bytes = 65_536;
    const chunks = 400;
    let pulled = 0;
    const body = new t.globals.ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulled++ === chunks) controller.close();
        else controller.enqueue(new Uint8Array(chunk_bytes));
      },
    });
    const answered = t.globals.fetch(urlOf(t, `/held?id=${id}`), { ...upload, body });
    await untilFate(t, id, "held");
    let before = -1;
    while (before !== pulled) {
      before = pulled;
      await new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 100));
    }
    // The sockets' buffers take some megabytes at most, all of it is 26 MB.
    t.assert.isBelow(pulled, chunks / 2);
    await release(t, id);
    t.assert.equal(await (await answered).text(), `${chunks * chunk_bytes}`);
  },

  "an abort in the middle of an upload cancels the stream": async (t) => {
    const id = newId();
    const controller = new t.globals.AbortController();
    let reason: unknown;
    const body = new t.globals.ReadableStream<Uint8Array>({
      pull: (stream) => stream.enqueue(new Uint8Array(65_536)),
      cancel: (given) => void (reason = given),
    });
    const answered = t.globals.fetch(urlOf(t, `/held?id=${id}`), { ...upload, body, signal: controller.signal });
    await untilFate(t, id, "held");
    controller.abort("enough");
    t.assert.equal(await failureOf(answered), "enough" as never);
    t.assert.equal(reason, "enough");
    await release(t, id);
    await untilFate(t, id, "cut");
  },

  "a signal that was aborted before cancels the stream at once": async (t) => {
    let reason: unknown;
    const body = new t.globals.ReadableStream<Uint8Array>({ cancel: (given) => void (reason = given) });
    const answered = t.globals.fetch(urlOf(t, "/echo"), { ...upload, body, signal: t.globals.AbortSignal.abort("no") });
    t.assert.equal(reason, "no");
    t.assert.equal(await failureOf(answered), "no" as never);
  },

  "a stream that fails fails the fetch, and the server sees it cut": async (t) => {
    const id = newId();
    const broken = new Error("broken");
    const body = new t.globals.ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new Uint8Array(10));
        await untilFate(t, id, "held");
        controller.error(broken);
      },
    });
    const error = await failureOf(t.globals.fetch(urlOf(t, `/held?id=${id}`), { ...upload, body }));
    t.assert.instanceOf(error, TypeError);
    t.assert.equal(error.cause, broken);
    await untilFate(t, id, "cut");
  },

  "a stream must give bytes": async (t) => {
    let reason: unknown;
    const body = new t.globals.ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue("text" as never),
      cancel: (given) => void (reason = given),
    });
    const error = await failureOf(t.globals.fetch(urlOf(t, "/echo"), { ...upload, body }));
    t.assert.instanceOf(error, TypeError);
    t.assert.match((error.cause as Error).message, /Uint8Array/);
    t.assert.equal(reason, error.cause);
  },

  "a server that answers early": async (t) => {
    let isCanceled = false;
    const body = new t.globals.ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => void (isCanceled = true),
    });
    const response = await t.globals.fetch(urlOf(t, "/early"), { ...upload, body });
    t.assert.equal(response.status, 413);
    t.assert.equal(await response.text(), "too large");
    for (let times = 0; times < 2000 && !isCanceled; times++)
      await new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 10));
    t.assert.isTrue(isCanceled);
  },

  "a stream cannot be sent again to another place, but to a GET by 303": async (t) => {
    const body = () => new t.globals.Blob(["text"]).stream();
    for (const code of [301, 302, 307, 308]) {
      const error = await failureOf(t.globals.fetch(urlOf(t, `/redirect?code=${code}`), { ...upload, body: body() }));
      t.assert.match((error.cause as Error).message, /cannot be sent again/);
    }
    const response = await t.globals.fetch(urlOf(t, "/redirect?code=303"), { ...upload, body: body() });
    t.assert.isTrue(response.redirected);
    t.assert.equal(((await response.json()) as { length: number }).length, 0);
  },

  "nobody is there: the stream is canceled": async (t) => {
    let reason: unknown;
    const body = new t.globals.ReadableStream<Uint8Array>({ cancel: (given) => void (reason = given) });
    const error = await failureOf(t.globals.fetch("http://127.0.0.1:2/", { ...upload, body }));
    t.assert.equal(reason, error);
  },

  "a form with files goes up as multipart": async (t) => {
    const { FormData, File, fetch } = t.globals;
    const form = new FormData();
    form.append("text", "value");
    form.append("file", new File(["content"], "a.txt", { type: "text/plain" }));
    form.append("large", new File([new Uint8Array(300_000)], "b.bin"));
    const request = new t.globals.Request(urlOf(t, "/echo"), { method: "POST", body: form });
    const type = request.headers.get("content-type")!;
    const response = await fetch(request);
    t.assert.equal(response.headers.get("x-coding"), "none");
    t.assert.isAbove(Number(response.headers.get("x-length")), 300_000);
    const parsed = await new t.globals.Response(response.body, { headers: { "content-type": type } }).formData();
    t.assert.equal(parsed.get("text"), "value");
    t.assert.equal(await (parsed.get("file") as InstanceType<typeof File>).text(), "content");
    t.assert.equal((parsed.get("large") as InstanceType<typeof File>).size, 300_000);
    // In memory: sent again after a redirect, and there for scripts.
    const again = await fetch(urlOf(t, "/redirect?code=307"), { method: "POST", body: form });
    t.assert.isAbove(((await again.json()) as { length: number }).length, 300_000);
    const made = new t.globals.Request("http://a/", { method: "POST", body: new t.globals.Blob(["a", "b"]) });
    const clone = made.clone();
    t.assert.equal(await made.text(), "ab");
    t.assert.equal(await new t.globals.Response(clone.body).text(), "ab");
    t.assert.equal((await new t.globals.Response(new t.globals.Blob(["a", "b"])).arrayBuffer()).byteLength, 2);
    t.assert.equal((await new t.globals.Response(new t.globals.Blob([])).arrayBuffer()).byteLength, 0);
  },

  "what is sent are the bytes of the call, though memory is used again": async (t) => {
    const sizes = [65_536, 100_000, 1 << 20, 700_000, 70_000, 3 << 20];
    async function send(size: number, seed: number): Promise<void> {
      const body = new Uint8Array(size);
      for (let index = 0; index < size; index += 997) body[index] = (index * 7 + seed) & 0xff;
      const expected = body.slice();
      const answer = t.globals.fetch(urlOf(t, "/echo"), { method: "POST", body });
      body.fill(255);
      const received = await (await answer).bytes();
      t.assert.equal(received.length, size);
      for (let index = 0; index < size; index += 61) {
        if (received[index] !== expected[index]) t.assert.equal(received[index], expected[index], `byte ${index} of ${size}`);
      }
    }
    for (const [index, size] of sizes.entries()) await send(size, index);
    await Promise.all(sizes.map((size, index) => send(size, index + 100)));
    for (const [index, size] of sizes.entries()) await send(size - 1, index + 50);
  },

  "a redirect sends the bytes of the call again": async (t) => {
    for (const code of [307, 308]) {
      const body = new Uint8Array(200_000).fill(1);
      const answer = t.globals.fetch(urlOf(t, `/redirect?code=${code}`), { method: "POST", body });
      body.fill(2);
      const { length, sum } = (await (await answer).json()) as Sum;
      t.assert.deepEqual([length, sum], [200_000, 200_000]);
    }
  },

  "uploads that end early leave others' bytes alone": async (t) => {
    const ones = new Uint8Array(1 << 20).fill(1);
    const twos = new Uint8Array(1 << 20).fill(2);
    for (let round = 0; round < 4; round++) {
      const id = newId();
      const controller = new t.globals.AbortController();
      const held = failureOf(t.globals.fetch(urlOf(t, `/held?id=${id}`), { method: "POST", body: ones, signal: controller.signal }));
      await untilFate(t, id, "held");
      const refused = t.globals.fetch(urlOf(t, "/early"), { method: "POST", body: ones });
      const kept = t.globals.fetch(urlOf(t, "/collect"), { method: "POST", body: twos });
      controller.abort();
      t.assert.equal((await held).name, "AbortError");
      // The rest of a body may find the connection closed before the answer is read.
      const outcome = await refused.then(
        (response) => response.status,
        (error: Error) => error.message,
      );
      t.assert.isTrue(outcome === 413 || outcome === "fetch failed", `${outcome}`);
      t.assert.equal(((await (await kept).json()) as Sum).sum, 2 << 20);
      const after = await t.globals.fetch(urlOf(t, "/collect"), { method: "POST", body: twos });
      t.assert.equal(((await after.json()) as Sum).sum, 2 << 20);
    }
  },

  "chunks that wait for their reader come in order; it may stop between them": async (t) => {
    const body = makePattern(3_000_000);
    const controller = new t.globals.AbortController();
    const post = () => t.globals.fetch(urlOf(t, "/echo"), { method: "POST", body, signal: controller.signal });
    const pause = () => new Promise<void>((resolve) => t.globals.setTimeout(() => resolve(), 20));
    const reader = (await post()).body!.getReader();
    const received = new Uint8Array(body.length);
    let size = 0;
    for (let result = await reader.read(); !result.done; result = await reader.read()) {
      received.set(result.value, size);
      size += result.value.length;
      if (size < 1_000_000) await pause();
    }
    t.assert.isTrue(isPattern(received, body.length));

    const canceled = (await post()).body!.getReader();
    await pause();
    const first = await canceled.read();
    t.assert.isTrue(isPattern(first.value!, first.value!.length));
    await canceled.cancel();
    t.assert.equal((await canceled.read()).done, true);

    // What was not read yet goes on by another way.
    const response = await post();
    await pause();
    t.assert.isTrue(isPattern(await response.bytes(), body.length));

    const aborted = (await post()).body!.getReader();
    await pause();
    await aborted.read();
    controller.abort();
    t.assert.equal((await failureOf(aborted.read())).name, "AbortError");
  },

  "a body waits for the server to want it": async (t) => {
    const size = 300_000;
    const bodies = [
      () => ({ body: makePattern(size) }),
      () => ({
        body: new t.globals.ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(makePattern(size));
            controller.close();
          },
        }),
        duplex: "half" as const,
      }),
    ];
    const headers = { Expect: "100-continue" };
    for (const body of bodies) {
      for (const path of ["/continue", "/processing", "/silent"]) {
        const response = await t.globals.fetch(urlOf(t, path), { method: "POST", headers, ...body() });
        const { size: received, waited } = (await response.json()) as { size: number; waited: number };
        t.assert.equal(received, size, path);
        // Nothing comes: after a second it is sent all the same.
        t.assert.isAtLeast(waited, path === "/silent" ? 900 : 40, path);
      }
      const refused = await t.globals.fetch(urlOf(t, "/refused"), { method: "POST", headers, ...body() });
      t.assert.equal(refused.status, 417);
      t.assert.equal(await refused.text(), "not wanted");
    }
    const others = [
      { method: "POST", body: "text", headers: { Expect: "200-ok" } },
      { method: "POST", body: "", headers },
      { method: "GET", headers },
    ];
    for (const init of others) {
      const { cause } = await failureOf(t.globals.fetch(urlOf(t, "/continue"), init));
      t.assert.equal((cause as { code?: string }).code, "ERR_HTTP_INVALID_REQUEST");
      t.assert.include((cause as Error).message, "100-continue");
    }
  },
});
