import { cases } from "../../contract/cases.ts";

export default cases({
  "chunks come out in order, the end after them": async ({ globals: { ReadableStream }, assert }) => {
    const stream = new ReadableStream<string>({
      start(controller) {
        controller.enqueue("a");
        controller.enqueue("b");
        controller.close();
      },
    });
    const reader = stream.getReader();
    assert.deepEqual(await reader.read(), { value: "a", done: false });
    assert.deepEqual(await reader.read(), { value: "b", done: false });
    assert.deepEqual(await reader.read(), { value: undefined, done: true });
    await reader.closed;
  },

  "pull is called only while the queue is below the high-water mark": async ({
    globals: { ReadableStream, CountQueuingStrategy },
    assert,
  }) => {
    let pulls = 0;
    const stream = new ReadableStream(
      {
        pull(controller) {
          controller.enqueue(++pulls);
        },
      },
      new CountQueuingStrategy({ highWaterMark: 3 }),
    );
    for (let turn = 0; turn < 20; turn++) await undefined;
    assert.equal(pulls, 3);
    const reader = stream.getReader();
    await reader.read();
    for (let turn = 0; turn < 20; turn++) await undefined;
    assert.equal(pulls, 4);
  },

  "what pull throws fails reads and closed": async ({ globals: { ReadableStream }, assert }) => {
    const failure = new Error("no more");
    const stream = new ReadableStream({
      pull() {
        throw failure;
      },
    });
    const reader = stream.getReader();
    assert.equal(await reader.read().catch((error: unknown) => error), failure);
    assert.equal(await reader.closed.catch((error: unknown) => error), failure);
  },

  "a released reader's pending read is rejected and the chunk goes to the next reader": async ({ globals: { ReadableStream }, assert }) => {
    let controller: { enqueue(chunk: string): void } | undefined;
    const stream = new ReadableStream<string>({
      start(given) {
        controller = given;
      },
    });
    const first = stream.getReader();
    const read = first.read();
    first.releaseLock();
    assert.instanceOf(await read.catch((error: unknown) => error), TypeError);
    assert.isFalse(stream.locked);
    const second = stream.getReader();
    controller!.enqueue("late");
    assert.deepEqual(await second.read(), { value: "late", done: false });
  },

  "for await reads all, leaving it cancels": async ({ globals: { ReadableStream }, assert }) => {
    const seen: unknown[] = [];
    let reason: unknown = "none";
    const stream = new ReadableStream<number>({
      start(controller) {
        for (let chunk = 1; chunk <= 3; chunk++) controller.enqueue(chunk);
      },
      cancel(given) {
        reason = given;
      },
    });
    for await (const chunk of stream) {
      seen.push(chunk);
      if (chunk === 2) break;
    }
    assert.deepEqual(seen, [1, 2]);
    assert.isUndefined(reason);
    assert.isFalse(stream.locked);
  },

  "values with preventCancel leaves the rest": async ({ globals: { ReadableStream }, assert }) => {
    const stream = ReadableStream.from([1, 2, 3]);
    for await (const _ of stream.values({ preventCancel: true })) break;
    const rest: number[] = [];
    for await (const chunk of stream) rest.push(chunk);
    assert.deepEqual(rest, [2, 3]);
  },

  "calls of next that are made at once are answered in order, and return waits for them": async ({
    globals: { ReadableStream },
    assert,
  }) => {
    let controller: { enqueue(chunk: number): void } | undefined;
    const stream = new ReadableStream<number>({
      start(given) {
        controller = given;
      },
    });
    const iterator = stream.values();
    const results = [iterator.next(), iterator.next(), iterator.next()];
    const end = iterator.return!();
    controller!.enqueue(1);
    for (let turn = 0; turn < 20; turn++) await undefined;
    controller!.enqueue(2);
    controller!.enqueue(3);
    assert.deepEqual(
      await Promise.all(results),
      [1, 2, 3].map((value) => ({ value, done: false })),
    );
    assert.isTrue((await end).done);
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  },

  "from takes sync and async iterables and closes them on cancel": async ({ globals: { ReadableStream }, assert }) => {
    let isClosed = false;
    async function* generate(): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
      } finally {
        isClosed = true;
      }
    }
    const reader = ReadableStream.from(generate()).getReader();
    assert.deepEqual(await reader.read(), { value: 1, done: false });
    await reader.cancel();
    assert.isTrue(isClosed);
    assert.throws(() => ReadableStream.from(5 as never), TypeError);
  },

  "write is fulfilled when the sink took the chunk; ready is pending while the queue is full": async ({
    globals: { WritableStream },
    assert,
  }) => {
    const log: string[] = [];
    let finish: (() => void) | undefined;
    const stream = new WritableStream<string>({
      write(chunk) {
        log.push(`write ${chunk}`);
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
      close() {
        log.push("close");
      },
    });
    const writer = stream.getWriter();
    const before = writer.ready;
    await before;
    assert.equal(writer.desiredSize, 1);
    void writer.write("a").then(() => log.push("written a"));
    assert.equal(writer.desiredSize, 0);
    assert.notEqual(writer.ready, before);
    void writer.ready.then(() => log.push("ready"));
    for (let turn = 0; turn < 20; turn++) await undefined;
    assert.deepEqual(log, ["write a"]);
    finish!();
    await writer.ready;
    assert.deepEqual(log, ["write a", "written a", "ready"]);
    await writer.close();
    assert.deepEqual(log, ["write a", "written a", "ready", "close"]);
    await writer.closed;
  },

  "abort aborts the controller's signal and drops what is queued": async ({ globals: { WritableStream }, assert }) => {
    let signal: { aborted: boolean; reason: unknown } | undefined;
    let given: unknown;
    const stream = new WritableStream({
      start(controller) {
        signal = controller.signal;
      },
      write(_chunk, controller) {
        return new Promise((_resolve, reject) => controller.signal.addEventListener("abort", () => reject(controller.signal.reason)));
      },
      abort(reason) {
        given = reason;
      },
    });
    const writer = stream.getWriter();
    await writer.ready;
    const writes = [writer.write(1), writer.write(2)].map((write) => write.catch((error: unknown) => error));
    await writer.abort("enough");
    assert.equal(given, "enough");
    assert.isTrue(signal!.aborted);
    assert.equal(signal!.reason, "enough");
    assert.deepEqual(await Promise.all(writes), ["enough", "enough"]);
  },

  "pipeTo moves all, keeps backpressure and closes": async ({ globals: { ReadableStream, WritableStream }, assert }) => {
    let pulled = 0;
    let written = 0;
    let ahead = 0;
    const source = new ReadableStream<number>({
      pull(controller) {
        if (pulled === 100) controller.close();
        else controller.enqueue(pulled++);
      },
    });
    const sink = new WritableStream<number>({
      async write(chunk) {
        await undefined;
        assert.equal(chunk, written);
        written++;
        ahead = Math.max(ahead, pulled - written);
      },
    });
    await source.pipeTo(sink);
    assert.equal(written, 100);
    assert.isBelow(ahead, 4);
    await sink.getWriter().closed;
  },

  "pipeTo stops by a signal": async ({ globals: { ReadableStream, WritableStream, AbortController }, assert }) => {
    const log: unknown[] = [];
    const controller = new AbortController();
    const source = new ReadableStream({ cancel: (reason) => log.push(["cancel", reason]) });
    const sink = new WritableStream({ abort: (reason) => log.push(["abort", reason]) });
    const pipe = source.pipeTo(sink, { signal: controller.signal });
    controller.abort("stop");
    assert.equal(await pipe.catch((error: unknown) => error), "stop");
    assert.deepEqual(log, [
      ["abort", "stop"],
      ["cancel", "stop"],
    ]);
    assert.isFalse(source.locked);
    assert.isFalse(sink.locked);
  },

  "pipeTo does not read while the destination is erroring": async ({ globals: { ReadableStream, WritableStream, setTimeout }, assert }) => {
    let source!: ReadableStreamDefaultController<number>;
    let sink!: { error(reason: unknown): void };
    let finishWrite!: () => void;
    const seen: number[] = [];
    const readable = new ReadableStream<number>(
      {
        start(controller) {
          source = controller as never;
        },
      },
      { highWaterMark: 0 },
    );
    const writable = new WritableStream<number>(
      {
        start(controller) {
          sink = controller;
        },
        write(chunk) {
          seen.push(chunk);
          return new Promise<void>((resolve) => {
            finishWrite = resolve;
          });
        },
      },
      { highWaterMark: 3 },
    );
    const turn = () => new Promise<void>((resolve) => setTimeout(() => resolve(), 0));
    const pipe = readable.pipeTo(writable, { preventCancel: true }).catch((error: unknown) => error);
    await turn();
    source.enqueue(1);
    await turn();
    sink.error("full");
    // Takes the read that was under way already.
    source.enqueue(2);
    await turn();
    source.enqueue(3);
    await turn();
    assert.equal(source.desiredSize, -1);
    finishWrite();
    assert.equal(await pipe, "full");
    assert.deepEqual(seen, [1]);
    assert.deepEqual(await readable.getReader().read(), { value: 3, done: false });
  },

  "pipeTo leaves the destination open with preventClose": async ({ globals: { ReadableStream, WritableStream }, assert }) => {
    const log: unknown[] = [];
    const sink = new WritableStream({ write: (chunk) => void log.push(chunk), close: () => void log.push("close") });
    await ReadableStream.from([1]).pipeTo(sink, { preventClose: true });
    await ReadableStream.from([2]).pipeTo(sink);
    assert.deepEqual(log, [1, 2, "close"]);
  },

  "a transform stream transforms, flushes and closes": async ({ globals: { ReadableStream, TransformStream }, assert }) => {
    const doubled = new TransformStream<number, unknown>({
      transform: (chunk, controller) => controller.enqueue(chunk * 2),
      flush: (controller) => controller.enqueue("end"),
    });
    const seen: unknown[] = [];
    for await (const chunk of ReadableStream.from([1, 2, 3]).pipeThrough(doubled)) seen.push(chunk);
    assert.deepEqual(seen, [2, 4, 6, "end"]);
  },

  "canceling the readable side calls the transformer's cancel": async ({ globals: { TransformStream }, assert }) => {
    let reason: unknown;
    const { readable, writable } = new TransformStream({
      cancel(given) {
        reason = given;
      },
    });
    await readable.cancel("why");
    assert.equal(reason, "why");
    assert.equal(await writable.getWriter().closed.catch((error: unknown) => error), "why");
  },

  "tee: both branches get all; canceling one leaves the other; canceling both cancels": async ({ globals: { ReadableStream }, assert }) => {
    const collect = async (stream: AsyncIterable<unknown>): Promise<unknown[]> => {
      const list: unknown[] = [];
      for await (const chunk of stream) list.push(chunk);
      return list;
    };
    const [one, two] = ReadableStream.from([1, 2]).tee();
    assert.deepEqual(await Promise.all([collect(one), collect(two)]), [
      [1, 2],
      [1, 2],
    ]);
    const [three, four] = ReadableStream.from(["x", "y"]).tee();
    void three.cancel();
    assert.deepEqual(await collect(four), ["x", "y"]);
    let reason: unknown;
    const canceled = new ReadableStream({
      cancel(given) {
        reason = given;
      },
    });
    const [five, six] = canceled.tee();
    await Promise.all([five.cancel("a"), six.cancel("b")]);
    assert.deepEqual(reason, ["a", "b"]);
  },

  "a byte stream fills the reader's memory, at least as much as min says": async ({ globals: { ReadableStream }, assert }) => {
    let next = 0;
    const stream = new ReadableStream({
      type: "bytes",
      pull(controller) {
        const { byobRequest } = controller;
        byobRequest!.view![0] = ++next;
        byobRequest!.respond(1);
      },
    });
    const reader = stream.getReader({ mode: "byob" });
    const memory = new Uint8Array(8);
    const { value, done } = await reader.read(memory, { min: 3 });
    assert.isFalse(done);
    assert.deepEqual([...value!], [1, 2, 3]);
    assert.equal(memory.byteLength, 0);
    assert.equal(value!.buffer.byteLength, 8);
    assert.instanceOf(await reader.read(new Uint8Array(2), { min: 3 }).catch((error: unknown) => error), RangeError);
  },

  "tee of a byte stream gives each branch bytes of its own": async ({ globals: { ReadableStream }, assert }) => {
    const stream = new ReadableStream({
      type: "bytes",
      start(controller) {
        controller.enqueue(new Uint8Array([1, 2, 3]));
        controller.close();
      },
    });
    const [one, two] = stream.tee();
    const first = (await one.getReader().read()).value as Uint8Array;
    first.fill(0);
    const second = (await two.getReader({ mode: "byob" }).read(new Uint8Array(2))).value!;
    assert.deepEqual([...second], [1, 2]);
  },

  "patched promises and readers are not seen by pipes and tees": async ({ globals: { ReadableStream, WritableStream }, assert }) => {
    // Who runs this case has its own use of the case's promise, at first.
    for (let turn = 0; turn < 10; turn++) await undefined;
    const { then } = Promise.prototype;
    const seen: unknown[] = [];
    const [branch] = ReadableStream.from([1, 2]).tee();
    const pipe = branch.pipeTo(new WritableStream({ write: (chunk) => void seen.push(chunk) }));
    let calls = 0;
    const patch = (value: unknown): void => {
      // biome-ignore lint/suspicious/noThenProperty: what the case is about
      Object.defineProperty(Promise.prototype, "then", { value, writable: true, configurable: true });
    };
    patch(function (this: Promise<unknown>, ...args: unknown[]) {
      calls++;
      return Reflect.apply(then, this, args);
    });
    // Not through `then`.
    await pipe;
    patch(then);
    assert.deepEqual(seen, [1, 2]);
    assert.equal(calls, 0);
  },

  "errors that nobody asked for are not reported as unhandled": async ({
    globals: { ReadableStream, WritableStream, TransformStream },
    assert,
  }) => {
    // An unhandled rejection fails the run of either realm.
    new ReadableStream({ start: (controller) => controller.error(new Error("x")) }).getReader();
    const writer = new WritableStream({ start: (controller) => controller.error(new Error("x")) }).getWriter();
    void writer.ready;
    void writer.closed;
    const failing = new TransformStream({ start: (controller) => controller.error(new Error("x")) });
    new ReadableStream().pipeThrough(failing);
    await undefined;
    assert.isNull(writer.desiredSize);
  },

  "errors name what was given": ({ globals: { ReadableStream, CountQueuingStrategy, WritableStream }, assert }) => {
    assert.throws(() => new ReadableStream({}, { highWaterMark: -1 }), RangeError, "highWaterMark must be 0 or more, got -1");
    assert.throws(() => new WritableStream({ type: "x" } as never), RangeError, "type");
    assert.throws(() => new CountQueuingStrategy({} as never), TypeError, "highWaterMark");
    const stream = new ReadableStream();
    stream.getReader();
    assert.throws(() => stream.getReader(), TypeError, "locked to a reader");
  },
});
