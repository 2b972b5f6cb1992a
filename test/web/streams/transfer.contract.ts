/**
 * Transferable streams (https://streams.spec.whatwg.org/#rs-transfer). The cases follow streams/transferable of
 * web-platform-tests, which need a window's postMessage to themselves.
 */
import { type CaseArguments, cases } from "../../contract/cases.ts";

type Globals = CaseArguments["globals"];

const task = ({ setTimeout }: Globals): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Waits until what was posted has arrived, and what follows from it. */
async function settle(globals: Globals): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await task(globals);
}

export default cases({
  "chunks and the end come through a transferred readable stream": async ({ globals, assert }) => {
    const { ReadableStream, structuredClone } = globals;
    const original = new ReadableStream<string>({
      start(controller) {
        for (const chunk of ["a", "b", "c"]) controller.enqueue(chunk);
        controller.close();
      },
    });
    const received = structuredClone(original, { transfer: [original] });
    assert.isTrue(received instanceof ReadableStream && received !== original);
    assert.isTrue(original.locked && !received.locked);
    const chunks: string[] = [];
    for await (const chunk of received) chunks.push(chunk);
    assert.deepEqual(chunks, ["a", "b", "c"]);
  },

  "through a message port, the three kinds work together": async ({ globals, assert }) => {
    const { MessageChannel, ReadableStream, TransformStream, WritableStream } = globals;
    const { port1, port2 } = new MessageChannel();
    const written: string[] = [];
    let closed = false;
    const source = new ReadableStream<string>({
      start(controller) {
        controller.enqueue("hello ");
        controller.enqueue("there ");
        controller.close();
      },
    });
    const upper = new TransformStream<string, string>({
      transform: (chunk, controller) => controller.enqueue(chunk.toUpperCase()),
    });
    const sink = new WritableStream<string>({
      write(chunk) {
        written.push(chunk);
      },
      close() {
        closed = true;
      },
    });
    const message = new Promise<{ source: typeof source; upper: typeof upper; sink: typeof sink }>((resolve) => {
      port2.onmessage = (event: { data: never }) => resolve(event.data);
    });
    port1.postMessage({ source, upper, sink }, [source, sink, upper]);
    assert.isTrue(upper.readable.locked && upper.writable.locked && sink.locked);
    const data = await message;
    assert.isTrue(data.upper instanceof TransformStream && data.sink instanceof WritableStream);
    await data.source.pipeThrough(data.upper).pipeTo(data.sink);
    await settle(globals);
    assert.deepEqual(written, ["HELLO ", "THERE "]);
    assert.isTrue(closed);
    port1.close();
  },

  "locked streams cannot be transferred, and stay as they are": ({ globals, assert }) => {
    const { DOMException, ReadableStream, structuredClone, TransformStream, WritableStream } = globals;
    const refused = (value: object, list: object[] = [value]): void => {
      try {
        structuredClone(value, { transfer: list });
      } catch (error) {
        assert.isTrue(error instanceof DOMException);
        assert.equal((error as Error).name, "DataCloneError");
        return;
      }
      assert.fail("nothing was thrown");
    };
    const readable = new ReadableStream();
    readable.getReader();
    refused(readable);
    const writable = new WritableStream();
    writable.getWriter();
    refused(writable);
    const transform = new TransformStream();
    transform.writable.getWriter();
    refused(transform);
    assert.isTrue(!transform.readable.locked);
    const whole = new TransformStream();
    refused([whole, whole.readable], [whole, whole.readable]);
    const part = new TransformStream();
    refused([part, part.writable], [part.writable, part]);
    // Without a transfer they cannot be cloned at all.
    refused(new ReadableStream(), []);
    const twice = new ReadableStream();
    structuredClone(twice, { transfer: [twice] });
    refused(twice);
  },

  "a transfer relieves backpressure by one chunk": async ({ globals, assert }) => {
    const { ReadableStream, structuredClone } = globals;
    let pulls = 0;
    const original = new ReadableStream<number>(
      {
        pull(controller) {
          controller.enqueue(++pulls);
        },
      },
      { highWaterMark: 2 },
    );
    const received = structuredClone(original, { transfer: [original] });
    await settle(globals);
    assert.equal(pulls, 3);
    const reader = received.getReader();
    assert.deepEqual(await reader.read(), { value: 1, done: false });
    await settle(globals);
    assert.equal(pulls, 4);
  },

  "chunks are copied when they are read, and one that cannot be fails both sides": async ({ globals, assert }) => {
    const { ReadableStream, structuredClone } = globals;
    let controller!: InstanceType<Globals["ReadableStreamDefaultController"]>;
    const make = () => {
      const original = new ReadableStream<unknown>({
        start(c) {
          controller = c as never;
        },
      });
      return structuredClone(original, { transfer: [original] }).getReader();
    };
    let read = false;
    const reader = make();
    controller.enqueue({
      get member() {
        read = true;
        return "a";
      },
    });
    await settle(globals);
    assert.isTrue(!read);
    assert.deepEqual((await reader.read()).value, { member: "a" });

    const failing = make();
    controller.enqueue(() => {});
    const error = await failing.read().catch((reason: unknown) => reason);
    assert.equal((error as Error).name, "DataCloneError");
    await settle(globals);
    assert.throws(() => controller.enqueue(1), TypeError);
  },

  "errors and cancel go to the other side": async ({ globals, assert }) => {
    const { ReadableStream, structuredClone } = globals;
    const failed = new ReadableStream({
      start(controller) {
        controller.error("foo");
      },
    });
    const reader = structuredClone(failed, { transfer: [failed] }).getReader();
    assert.equal(await reader.read().catch((reason: unknown) => reason), "foo");

    let canceled: unknown;
    let isOver = false;
    const original = new ReadableStream({
      async cancel(reason) {
        canceled = reason;
        await new Promise(() => {});
        isOver = true;
      },
    });
    const received = structuredClone(original, { transfer: [original] });
    await received.cancel("message");
    await settle(globals);
    assert.equal(canceled, "message");
    assert.isTrue(!isOver);
    await received.getReader().closed;
  },

  "a transferred writable stream has a queue of one, and waits for the original": async ({ globals, assert }) => {
    const { structuredClone, WritableStream } = globals;
    let finish!: () => void;
    const written: unknown[] = [];
    const original = new WritableStream(
      {
        write: (chunk) =>
          new Promise<void>((resolve) => {
            written.push(chunk);
            finish = resolve;
          }),
      },
      { highWaterMark: 65_536 },
    );
    const writer = structuredClone(original, { transfer: [original] }).getWriter();
    assert.equal(writer.desiredSize, 1);
    await writer.write("a");
    let isWritten = false;
    const second = writer.write("b").then(() => {
      isWritten = true;
    });
    await settle(globals);
    assert.deepEqual(written, ["a"]);
    // What the original takes ahead is for its own strategy to say.
    assert.isTrue(isWritten);
    finish();
    await second;
    await settle(globals);
    assert.deepEqual(written, ["a", "b"]);
  },

  "abort and a chunk that cannot be copied abort the original": async ({ globals, assert }) => {
    const { structuredClone, WritableStream } = globals;
    const reasons: unknown[] = [];
    const make = () => {
      const original = new WritableStream({
        abort(reason) {
          reasons.push(reason);
        },
      });
      return structuredClone(original, { transfer: [original] });
    };
    void make().abort("p");
    await settle(globals);
    assert.deepEqual(reasons, ["p"]);

    const writer = make().getWriter();
    const failures = await Promise.all([
      writer.write(new WritableStream()).catch((reason: unknown) => reason),
      writer.closed.catch((reason: unknown) => reason),
    ]);
    for (const failure of failures) assert.equal((failure as Error).name, "DataCloneError");
    await settle(globals);
    assert.equal((reasons[1] as Error).name, "DataCloneError");
  },
});
