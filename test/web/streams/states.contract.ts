/** What streams in other states answer: locked, released, closing, closed, errored; and what `from` makes of iterators. */
import { type CaseArguments, cases } from "../../contract/cases.ts";

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}

type Globals = CaseArguments["globals"];

/** What a stream from these iterator's methods gives, or how it fails. */
async function readAll({ ReadableStream }: Globals, iterable: unknown): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of ReadableStream.from(iterable as Iterable<unknown>)) chunks.push(chunk);
  return chunks;
}

export default cases({
  "a locked stream": async ({ globals: { ReadableStream, WritableStream, TransformStream }, assert }) => {
    const readable = new ReadableStream();
    readable.getReader();
    assert.isTrue(readable.locked);
    assert.match(String(await failureOf(readable.cancel())), /TypeError.*locked/);
    assert.match(String(await failureOf(readable.pipeTo(new WritableStream()))), /TypeError.*locked/);
    assert.throws(() => readable.getReader(), /locked/);
    assert.throws(() => readable.tee(), /locked/);
    assert.throws(() => readable.values(), /locked/);
    assert.throws(() => readable.pipeThrough(new TransformStream()), /locked/);
    const writable = new WritableStream();
    writable.getWriter();
    assert.throws(() => writable.getWriter(), /locked/);
    assert.match(String(await failureOf(writable.abort())), /TypeError.*locked/);
    assert.match(String(await failureOf(writable.close())), /TypeError.*locked/);
    assert.match(String(await failureOf(new ReadableStream().pipeTo(writable))), /locked to a writer/);
    assert.throws(() => new ReadableStream().pipeThrough({ readable: new ReadableStream(), writable }), /locked to a writer/);
  },

  "what a pipe refuses": async ({ globals: { ReadableStream, WritableStream }, assert }) => {
    assert.match(String(await failureOf(new ReadableStream().pipeTo({} as never))), /must be a WritableStream object, got an object/);
    assert.throws(() => new ReadableStream().pipeThrough({ readable: {}, writable: new WritableStream() } as never), TypeError);
    assert.throws(() => new ReadableStream().pipeThrough({ readable: new ReadableStream(), writable: {} } as never), TypeError);
    assert.instanceOf(await failureOf(new ReadableStream().pipeTo(new WritableStream(), { signal: {} as never })), TypeError);
  },

  "a released reader and writer": async ({ globals: { ReadableStream, WritableStream }, assert }) => {
    const reader = new ReadableStream().getReader();
    reader.releaseLock();
    reader.releaseLock();
    for (const promise of [reader.read(), reader.cancel(), reader.closed])
      assert.match(String(await failureOf(promise)), /TypeError.*released/);
    const writer = new WritableStream().getWriter();
    writer.releaseLock();
    writer.releaseLock();
    for (const promise of [writer.write(1), writer.abort(), writer.close(), writer.closed, writer.ready]) {
      assert.match(String(await failureOf(promise)), /TypeError.*released/);
    }
    assert.throws(() => writer.desiredSize, /released/);
  },

  "closed and errored readable streams": async ({ globals: { ReadableStream }, assert }) => {
    let controller!: InstanceType<Globals["ReadableStreamDefaultController"]>;
    const start = (given: unknown): void => void (controller = given as typeof controller);
    const closed = new ReadableStream({ start });
    controller.close();
    assert.equal(controller.desiredSize, 0);
    assert.throws(() => controller.close(), /the stream is closed/);
    assert.throws(() => controller.enqueue(1), /the stream is closed/);
    controller.error(new Error("late"));
    assert.isUndefined(await closed.cancel());
    assert.isTrue((await closed.getReader().read()).done);
    const closing = new ReadableStream({ start });
    controller.enqueue(1);
    controller.close();
    assert.throws(() => controller.enqueue(2), /the stream is closing/);
    assert.deepEqual(await closing.getReader().read(), { value: 1, done: false });
    const errored = new ReadableStream({ start });
    const failure = new Error("over");
    controller.error(failure);
    assert.isNull(controller.desiredSize);
    assert.equal(await failureOf(errored.cancel()), failure);
    const reader = errored.getReader();
    assert.equal(await failureOf(reader.read()), failure);
    assert.equal(await failureOf(reader.closed), failure);
    assert.throws(() => controller.enqueue(1), /the stream is errored/);
  },

  "closed, closing and errored writable streams": async ({ globals: { WritableStream }, assert }) => {
    const closed = new WritableStream();
    await closed.close();
    assert.match(String(await failureOf(closed.close())), /TypeError/);
    assert.isUndefined(await closed.abort());
    const writer = closed.getWriter();
    assert.equal(writer.desiredSize, 0);
    assert.match(String(await failureOf(writer.write(1))), /the stream is closed/);
    assert.match(String(await failureOf(writer.close())), /TypeError/);
    await writer.ready;
    await writer.closed;

    let release!: () => void;
    const slow = new WritableStream({ write: () => new Promise<void>((resolve) => void (release = resolve)) });
    const slowWriter = slow.getWriter();
    const write = slowWriter.write(1);
    await turns();
    const close = slowWriter.close();
    assert.match(String(await failureOf(slowWriter.write(2))), /the stream is closing/);
    assert.match(String(await failureOf(slowWriter.close())), /TypeError/);
    slowWriter.releaseLock();
    assert.match(String(await failureOf(slow.close())), /TypeError/);
    release();
    await write;
    await close;

    let controller!: InstanceType<Globals["WritableStreamDefaultController"]>;
    const failure = new Error("sink");
    const errored = new WritableStream({ start: (given) => void (controller = given as typeof controller) });
    const erroredWriter = errored.getWriter();
    controller.error(failure);
    controller.error(new Error("again"));
    assert.equal(await failureOf(erroredWriter.closed), failure);
    assert.equal(await failureOf(erroredWriter.write(1)), failure);
    assert.isNull(erroredWriter.desiredSize);
    assert.isUndefined(await erroredWriter.abort("late"));
    assert.match(String(await failureOf(erroredWriter.close())), /TypeError: the stream is errored/);
    assert.equal(await failureOf(erroredWriter.ready), failure);
  },

  "aborts: twice, in the middle of a write, of one that failed, and when the sink's abort fails": async ({
    globals: { WritableStream },
    assert,
  }) => {
    let finish!: (error?: unknown) => void;
    const reasons: unknown[] = [];
    const stream = new WritableStream({
      write: () => new Promise<void>((resolve, reject) => void (finish = (error) => (error === undefined ? resolve() : reject(error)))),
      abort: (reason) => void reasons.push(reason),
    });
    const writer = stream.getWriter();
    const write = writer.write(1);
    const queued = failureOf(writer.write(2));
    await turns();
    const first = writer.abort("first");
    const second = writer.abort("second");
    assert.equal(first, second);
    assert.isNull(writer.desiredSize);
    finish();
    await write;
    await first;
    assert.deepEqual(reasons, ["first"]);
    assert.equal(await queued, "first");

    const failing = new WritableStream({
      write: () => new Promise<void>((_, reject) => void (finish = reject)),
      abort: (reason) => void reasons.push(reason),
    });
    const failingWriter = failing.getWriter();
    const failed = failureOf(failingWriter.write(1));
    const closedWith = failureOf(failingWriter.closed);
    await turns();
    const abort = failingWriter.abort("aborted");
    finish("write failed");
    assert.equal(await failed, "write failed");
    await abort;
    assert.equal(await closedWith, "aborted");

    const late = new WritableStream({
      start: (controller) => controller.error("started badly"),
      abort: (reason) => void reasons.push(reason),
    });
    const lateWriter = late.getWriter();
    const lateAbort = lateWriter.abort("unused");
    assert.equal(await failureOf(lateWriter.closed), "started badly");
    assert.include([undefined, "started badly"], await failureOf(lateAbort));
    assert.notInclude(reasons, "unused");

    const bad = new WritableStream({
      abort() {
        throw new Error("abort failed");
      },
    });
    assert.match(String(await failureOf(bad.abort("x"))), /abort failed/);
  },

  "a close that fails, and an abort while it is under way": async ({ globals: { WritableStream }, assert }) => {
    const failing = new WritableStream({ close: () => Promise.reject(new Error("no close")) });
    const writer = failing.getWriter();
    assert.match(String(await failureOf(writer.close())), /no close/);
    assert.match(String(await failureOf(writer.closed)), /no close/);
    let finish!: () => void;
    const slow = new WritableStream({ close: () => new Promise<void>((resolve) => void (finish = resolve)) });
    const slowWriter = slow.getWriter();
    const close = slowWriter.close();
    await turns();
    const abort = slowWriter.abort("too late");
    finish();
    await close;
    await abort;
    await slowWriter.closed;
  },

  "sizes that a strategy must not give": async ({ globals: { ReadableStream, WritableStream }, assert }) => {
    for (const size of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      let controller!: InstanceType<Globals["ReadableStreamDefaultController"]>;
      const stream = new ReadableStream({ start: (given) => void (controller = given) }, { size: () => size, highWaterMark: 1 });
      assert.throws(() => controller.enqueue(1), RangeError);
      assert.instanceOf(await failureOf(stream.getReader().read()), RangeError);
      const writer = new WritableStream({}, { size: () => size }).getWriter();
      assert.instanceOf(await failureOf(writer.write(1)), RangeError);
    }
    for (const highWaterMark of [-1, Number.NaN]) {
      assert.throws(() => new ReadableStream({}, { highWaterMark }), RangeError);
      assert.throws(() => new WritableStream({}, { highWaterMark }), RangeError);
    }
    const released = new WritableStream(
      {},
      {
        size() {
          writer.releaseLock();
          return 1;
        },
      },
    );
    const writer = released.getWriter();
    assert.match(String(await failureOf(writer.write(1))), /released while the chunk was measured/);
  },

  "pipes whose ends are over already": async ({ globals: { ReadableStream, WritableStream, AbortSignal }, assert }) => {
    const sourceOf = (canceled: unknown[]) =>
      new ReadableStream({ pull: (controller) => controller.enqueue(1), cancel: (reason) => void canceled.push(reason) });
    for (const preventCancel of [false, true]) {
      const canceled: unknown[] = [];
      const closed = new WritableStream();
      await closed.close();
      assert.match(String(await failureOf(sourceOf(canceled).pipeTo(closed, { preventCancel }))), /closed or closing/);
      const errored = new WritableStream({ start: (controller) => controller.error("bad sink") });
      assert.equal(await failureOf(sourceOf(canceled).pipeTo(errored, { preventCancel })), "bad sink");
      assert.equal(canceled.length, preventCancel ? 0 : 2);
    }
    for (const preventAbort of [false, true]) {
      const aborted: unknown[] = [];
      const sink = new WritableStream({ abort: (reason) => void aborted.push(reason) });
      const bad = new ReadableStream({ start: (controller) => controller.error("bad source") });
      assert.equal(await failureOf(bad.pipeTo(sink, { preventAbort })), "bad source");
      assert.deepEqual(aborted, preventAbort ? [] : ["bad source"]);
    }
    const empty = new ReadableStream({ start: (controller) => controller.close() });
    const sink = new WritableStream();
    await empty.pipeTo(sink);
    assert.match(String(await failureOf(sink.close())), /TypeError/);
    for (const prevent of [false, true]) {
      const calls: unknown[] = [];
      const destination = new WritableStream({ abort: (reason) => void calls.push(reason) });
      const options = { signal: AbortSignal.abort("stop"), preventAbort: prevent, preventCancel: prevent };
      assert.equal(await failureOf(sourceOf(calls).pipeTo(destination, options)), "stop");
      assert.deepEqual(calls, prevent ? [] : ["stop", "stop"]);
    }
  },

  "a pipe's ends that fail under way": async ({ globals: { ReadableStream, WritableStream }, assert }) => {
    for (const prevent of [false, true]) {
      const calls: unknown[] = [];
      let count = 0;
      const source = new ReadableStream({
        pull(controller) {
          if (count++ < 3) controller.enqueue(count);
          else controller.error("source");
        },
      });
      const destination = new WritableStream({ abort: (reason) => void calls.push(reason) });
      assert.equal(await failureOf(source.pipeTo(destination, { preventAbort: prevent })), "source");
      assert.deepEqual(calls, prevent ? [] : ["source"]);
      const endless = new ReadableStream({ pull: (controller) => controller.enqueue(0), cancel: (reason) => void calls.push(reason) });
      const failing = new WritableStream({ write: (chunk) => (chunk === 0 ? Promise.reject("sink") : undefined) });
      assert.equal(await failureOf(endless.pipeTo(failing, { preventCancel: prevent })), "sink");
      assert.deepEqual(calls, prevent ? [] : ["source", "sink"]);
    }
  },

  "tee: errors, and a branch that is canceled under way": async ({ globals: { ReadableStream }, assert }) => {
    let controller!: InstanceType<Globals["ReadableStreamDefaultController"]>;
    const [a, b] = new ReadableStream({ start: (given) => void (controller = given) }).tee();
    const reader = a!.getReader();
    const other = b!.getReader();
    const read = other.read();
    void other.cancel("not wanted");
    controller.enqueue("x");
    assert.deepEqual(await reader.read(), { value: "x", done: false });
    assert.isTrue((await read).done);
    const next = reader.read();
    controller.close();
    assert.isTrue((await next).done);
    const [c, d] = new ReadableStream({ start: (given) => void (controller = given) }).tee();
    controller.error("bad");
    for (const branch of [c!, d!]) assert.equal(await failureOf(branch.getReader().read()), "bad");
  },

  "transformers: every way to end": async ({ globals: { TransformStream }, assert }) => {
    assert.throws(() => new TransformStream({ readableType: "bytes" } as never), RangeError);
    assert.throws(() => new TransformStream({ writableType: "bytes" } as never), RangeError);
    let controller!: InstanceType<Globals["TransformStreamDefaultController"]>;
    const start = (given: unknown): void => void (controller = given as typeof controller);
    const terminated = new TransformStream({ start });
    const writer = terminated.writable.getWriter();
    assert.equal(controller.desiredSize, 0);
    controller.terminate();
    assert.throws(() => controller.enqueue(1), TypeError);
    assert.isTrue((await terminated.readable.getReader().read()).done);
    assert.instanceOf(await failureOf(writer.write(1)), TypeError);

    const errored = new TransformStream({ start });
    controller.error("bad");
    assert.isNull(controller.desiredSize);
    assert.equal(await failureOf(errored.readable.getReader().read()), "bad");
    assert.equal(await failureOf(errored.writable.getWriter().write(1)), "bad");

    const throwing = new TransformStream({
      transform() {
        throw new Error("transform");
      },
    });
    const throwingRead = failureOf(throwing.readable.getReader().read());
    assert.match(String(await failureOf(throwing.writable.getWriter().write(1))), /transform/);
    assert.match(String(await throwingRead), /transform/);

    const flushing = new TransformStream({ flush: () => Promise.reject(new Error("flush")) });
    const flushRead = failureOf(flushing.readable.getReader().read());
    assert.match(String(await failureOf(flushing.writable.getWriter().close())), /flush/);
    assert.match(String(await flushRead), /flush/);

    const canceling = new TransformStream({ cancel: () => Promise.reject(new Error("cancel")) } as never);
    assert.match(String(await failureOf(canceling.readable.cancel("x"))), /cancel/);
    const aborting = new TransformStream({ cancel: () => Promise.reject(new Error("abort")) } as never);
    assert.match(String(await failureOf(aborting.writable.abort("x"))), /abort/);
    const both = new TransformStream({ cancel: () => undefined } as never);
    await Promise.all([both.readable.cancel("one"), failureOf(both.writable.abort("two"))]);
    const closedBoth = new TransformStream();
    const close = failureOf(closedBoth.writable.getWriter().close());
    await closedBoth.readable.cancel("x");
    await close;
  },

  "from: iterators that break the protocol": async ({ globals, assert }) => {
    const { ReadableStream } = globals;
    for (const value of [
      null,
      undefined,
      1,
      {},
      { [Symbol.iterator]: 1 },
      { [Symbol.iterator]: () => 1 },
      { [Symbol.asyncIterator]: "x" },
    ]) {
      assert.throws(() => ReadableStream.from(value as never), TypeError);
    }
    assert.match(String(await failureOf(readAll(globals, { [Symbol.iterator]: () => ({ next: () => 1 }) }))), /must be an object/);
    assert.match(String(await failureOf(readAll(globals, { [Symbol.asyncIterator]: () => ({ next: () => 1 }) }))), /must be an object/);
    assert.deepEqual(await readAll(globals, "ab"), ["a", "b"]);
    assert.deepEqual(
      await readAll(
        globals,
        Object.assign(() => {}, { [Symbol.iterator]: () => [1][Symbol.iterator]() }),
      ),
      [1],
    );
    const throwing = {
      [Symbol.iterator]: () => ({
        next() {
          throw new Error("next");
        },
      }),
    };
    assert.match(String(await failureOf(readAll(globals, throwing))), /next/);
  },

  "from: a rejected value closes a synchronous iterator": async ({ globals, assert }) => {
    let closed = 0;
    const iterable = {
      [Symbol.iterator]: () => ({
        next: () => ({ value: Promise.reject(new Error("value")), done: false }),
        return() {
          closed += 1;
          throw new Error("not seen");
        },
      }),
    };
    assert.match(String(await failureOf(readAll(globals, iterable))), /value/);
    const trap = {
      get constructor() {
        throw new Error("constructor");
      },
    };
    const thenable = Object.defineProperty(Promise.resolve(), "constructor", Object.getOwnPropertyDescriptor(trap, "constructor")!);
    const withTrap = { [Symbol.iterator]: () => ({ next: () => ({ value: thenable, done: false }), return: () => void (closed += 1) }) };
    assert.match(String(await failureOf(readAll(globals, withTrap))), /constructor/);
    assert.isAtLeast(closed, 1);
  },

  "from: how cancel ends an iterator": async ({ globals: { ReadableStream }, assert }) => {
    const next = () => ({ value: 1, done: false });
    const asyncOf = (more: object) => ({ [Symbol.asyncIterator]: () => ({ next, ...more }) });
    const syncOf = (more: object) => ({ [Symbol.iterator]: () => ({ next, ...more }) });
    const cancel = (iterable: object): Promise<unknown> => ReadableStream.from(iterable as never).cancel("why");
    assert.isUndefined(await cancel(asyncOf({})));
    assert.isUndefined(await cancel(syncOf({})));
    const reasons: unknown[] = [];
    const orderly = {
      return(reason: unknown) {
        reasons.push(reason);
        return {};
      },
    };
    assert.isUndefined(await cancel(asyncOf(orderly)));
    assert.isUndefined(await cancel(syncOf(orderly)));
    assert.deepEqual(reasons, ["why", "why"]);
    assert.instanceOf(await failureOf(cancel(asyncOf({ return: () => 1 }))), TypeError);
    assert.instanceOf(await failureOf(cancel(syncOf({ return: () => 1 }))), TypeError);
    assert.instanceOf(await failureOf(cancel(asyncOf({ return: 1 }))), TypeError);
  },

  "the async iterator: another receiver, and calls after its end": async ({ globals: { ReadableStream }, assert }) => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(1);
        controller.close();
      },
    });
    const iterator = stream.values() as AsyncIterator<unknown>;
    const { next, return: end } = Object.getPrototypeOf(iterator) as Required<AsyncIterator<unknown>>;
    assert.instanceOf(await failureOf(next.call({} as never)), TypeError);
    assert.instanceOf(await failureOf(end.call({} as never, undefined)), TypeError);
    assert.deepEqual(await iterator.next(), { value: 1, done: false });
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
    assert.deepEqual(await iterator.return!("x"), { value: "x", done: true });
    const bad = new ReadableStream({ start: (controller) => controller.error("bad") }).values();
    assert.equal(await failureOf(bad.next()), "bad");
    assert.deepEqual(await bad.next(), { value: undefined, done: true });
  },
});
