/** Byte streams: what a BYOB request allows, elements of several bytes, and a tee whose branches bring memory. */
import { type Assert, type CaseArguments, cases } from "../../contract/cases.ts";

type Streams = CaseArguments["globals"];
type Controller = InstanceType<Streams["ReadableByteStreamController"]>;

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A byte stream whose controller the case has in hand. */
function manual({ ReadableStream }: Streams, options: { autoAllocateChunkSize?: number; pull?: (controller: Controller) => void } = {}) {
  let controller!: Controller;
  const canceled: unknown[] = [];
  const stream = new ReadableStream({
    type: "bytes",
    ...options,
    start: (given) => void (controller = given as Controller),
    cancel: (reason) => void canceled.push(reason),
  });
  return { stream, controller, canceled };
}

/** Memory that no byte stream takes: it cannot be transferred, or its length may change. */
const unfit = (): [memory: ArrayBuffer, message: RegExp][] => [
  [new SharedArrayBuffer(2) as unknown as ArrayBuffer, /must not be shared memory, got a SharedArrayBuffer/],
  [
    new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(2, { maxByteLength: 4 }),
    /must be a buffer of fixed length, got a resizable ArrayBuffer/,
  ],
];

async function assertBytes(assert: Assert, read: Promise<{ value?: unknown; done: boolean }>, bytes: number[]): Promise<void> {
  const { value, done } = await read;
  assert.deepEqual(Array.from(value as Uint8Array), bytes);
  assert.isFalse(done);
}

export default cases({
  "respond: how many bytes are allowed": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    assert.isNull(controller.byobRequest);
    const reader = stream.getReader({ mode: "byob" });
    const read = reader.read(new Uint8Array(4));
    const request = controller.byobRequest!;
    assert.equal(controller.byobRequest, request);
    assert.throws(() => request.respond(0), /1 byte at least/);
    assert.throws(() => request.respond(5), RangeError, "4 bytes at most, got 5");
    assert.throws(() => request.respond(-1), TypeError);
    assert.throws(() => (request.respond as () => void)(), TypeError);
    new Uint8Array(request.view!.buffer).set([1, 2, 3]);
    request.respond(3);
    assert.isNull(request.view);
    assert.throws(() => request.respond(1), /there was a response already/);
    assert.throws(() => request.respondWithNewView(new Uint8Array(1)), /there was a response already/);
    await assertBytes(assert, read, [1, 2, 3]);
  },

  "respondWithNewView: which view is allowed": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    const reader = stream.getReader({ mode: "byob" });
    const read = reader.read(new Uint8Array(new ArrayBuffer(8), 2, 4));
    const request = controller.byobRequest!;
    const { buffer } = request.view!;
    assert.throws(() => request.respondWithNewView(new Uint8Array(buffer, 2, 0)), TypeError, "1 byte at least");
    assert.throws(() => request.respondWithNewView(new Uint8Array(buffer, 3, 1)), RangeError, "must begin at byte 2, got 3");
    assert.throws(() => request.respondWithNewView(new Uint8Array(new ArrayBuffer(9), 2, 1)), RangeError, "8 bytes, got 9");
    assert.throws(() => request.respondWithNewView(new Uint8Array(buffer, 2, 6)), RangeError, "4 bytes at most, got 6");
    assert.throws(() => request.respondWithNewView({} as never), TypeError);
    const detached = new Uint8Array(8);
    structuredClone(detached, { transfer: [detached.buffer] });
    assert.throws(() => request.respondWithNewView(detached), /detached/);
    new Uint8Array(buffer)[2] = 7;
    request.respondWithNewView(new DataView(buffer, 2, 1));
    await assertBytes(assert, read, [7]);
  },

  "after close a request is answered by 0 bytes": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    const reader = stream.getReader({ mode: "byob" });
    const reads = [reader.read(new Uint8Array(2)), reader.read(new Uint16Array(2))];
    controller.close();
    assert.throws(() => controller.close(), /the stream is closing|closed/);
    assert.throws(() => controller.enqueue(new Uint8Array(1)), /the stream is/);
    const request = controller.byobRequest!;
    assert.throws(() => request.respond(1), /must be 0 bytes, got 1/);
    request.respond(0);
    for (const read of reads) {
      const { value, done } = await read;
      assert.isTrue(done);
      assert.equal(value!.byteLength, 0);
    }
    assert.equal(controller.desiredSize, 0);
    const { value, done } = await reader.read(new Uint8Array(3));
    assert.deepEqual([value!.byteLength, value!.buffer.byteLength, done], [0, 3, true]);
  },

  "elements of several bytes: what is left over waits, and a close in the middle fails": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    const reader = stream.getReader({ mode: "byob" });
    const first = reader.read(new Uint16Array(2));
    controller.enqueue(new Uint8Array([1]));
    controller.enqueue(new Uint8Array([0, 2]));
    await assertBytes(assert, first, [1]);
    const second = reader.read(new Uint16Array(1));
    controller.enqueue(new Uint8Array([0, 9]));
    await assertBytes(assert, second, [2]);
    const third = reader.read(new Uint16Array(1));
    assert.throws(() => controller.close(), TypeError);
    assert.instanceOf(await failureOf(third), TypeError);
    assert.isNull(controller.desiredSize);
  },

  "a response that ends in the middle of an element keeps the rest": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    const reader = stream.getReader({ mode: "byob" });
    const first = reader.read(new Uint16Array(2));
    const { view } = controller.byobRequest!;
    new Uint8Array(view!.buffer).set([1, 0, 5]);
    controller.byobRequest!.respond(3);
    await assertBytes(assert, first, [1]);
    await assertBytes(assert, reader.read(new Uint8Array(4)), [5]);
  },

  "fewer bytes than an element when the stream has closed": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    controller.enqueue(new Uint8Array([1]));
    controller.close();
    const reader = stream.getReader({ mode: "byob" });
    assert.match(String(await failureOf(reader.read(new Uint32Array(1)))), /fewer bytes than an element/);
    assert.match(String(await failureOf(reader.closed)), /fewer bytes than an element/);
  },

  "views that a BYOB read refuses": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    const reader = stream.getReader({ mode: "byob" });
    const refused: [view: unknown, options: unknown, message: RegExp][] = [
      [new Uint8Array(0), {}, /1 byte long at least/],
      [{}, {}, /argument 1/],
      [new Uint8Array(2), { min: 0 }, /'min' must be 1 or more, got 0/],
      [new Uint8Array(2), { min: 3 }, /min/],
      [new DataView(new ArrayBuffer(2)), { min: 3 }, /min/],
      [new Uint8Array(2), { min: -1 }, /min/],
    ];
    for (const [view, options, message] of refused) {
      assert.match(String(await failureOf(reader.read(view as Uint8Array, options as { min: number }))), message);
    }
    for (const [memory, message] of unfit()) {
      assert.match(String(await failureOf(reader.read(new Uint8Array(memory)))), message);
      assert.match(String(await failureOf(reader.read(new DataView(memory)))), message);
      assert.equal(memory.byteLength, 2);
    }
    const gone = new Uint8Array(2);
    structuredClone(gone, { transfer: [gone.buffer] });
    assert.match(String(await failureOf(reader.read(gone))), /attached to its buffer/);
    controller.error(new Error("over"));
    assert.match(String(await failureOf(reader.read(new Uint8Array(1)))), /over/);
    controller.error(new Error("again"));
    assert.isNull(controller.desiredSize);
    assert.throws(() => controller.enqueue(new Uint8Array(1)), /the stream is errored/);
    assert.throws(() => controller.close(), /the stream is errored/);
  },

  "chunks that enqueue refuses": ({ globals, assert }) => {
    const { controller } = manual(globals);
    assert.throws(() => controller.enqueue(new Uint8Array(0)), TypeError);
    assert.throws(() => controller.enqueue("text" as never), TypeError);
    for (const [memory, message] of unfit()) {
      assert.throws(() => controller.enqueue(new Uint8Array(memory)), message);
      assert.throws(() => controller.enqueue(new DataView(memory)), message);
      assert.equal(memory.byteLength, 2);
    }
    const gone = new Uint8Array(2);
    structuredClone(gone, { transfer: [gone.buffer] });
    assert.throws(() => controller.enqueue(gone), TypeError);
    controller.enqueue(new DataView(new ArrayBuffer(3), 1, 2));
    assert.equal(controller.desiredSize, -2);
  },

  "what a byte stream's constructor refuses": ({ globals: { ReadableStream, CountQueuingStrategy }, assert }) => {
    assert.throws(() => new ReadableStream({ type: "bytes" }, new CountQueuingStrategy({ highWaterMark: 1 }) as never), RangeError, "size");
    assert.throws(() => new ReadableStream({ type: "bytes", autoAllocateChunkSize: 0 }), TypeError, "1 or more, got 0");
    assert.throws(() => new ReadableStream({ type: "byte" as never }), TypeError);
    assert.throws(() => new ReadableStream().getReader({ mode: "byob" }), TypeError);
    assert.throws(() => new ReadableStream().getReader({ mode: "bytes" as never }), TypeError);
  },

  "autoAllocateChunkSize: memory for readers that bring none": async ({ globals, assert }) => {
    const sizes: number[] = [];
    const { stream } = manual(globals, {
      autoAllocateChunkSize: 4,
      pull(controller) {
        const { view } = controller.byobRequest!;
        sizes.push(view!.byteLength);
        new Uint8Array(view!.buffer)[0] = sizes.length;
        controller.byobRequest!.respond(1);
      },
    });
    const reader = stream.getReader();
    await assertBytes(assert, reader.read(), [1]);
    await assertBytes(assert, reader.read(), [2]);
    assert.deepEqual(sizes, [4, 4]);
  },

  "a reader that is released leaves its memory's bytes to the next": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    const first = stream.getReader({ mode: "byob" });
    const read = first.read(new Uint16Array(2));
    const request = controller.byobRequest!;
    first.releaseLock();
    assert.instanceOf(await failureOf(read), TypeError);
    assert.instanceOf(await failureOf(first.closed), TypeError);
    assert.instanceOf(await failureOf(first.cancel()), TypeError);
    assert.instanceOf(await failureOf(first.read(new Uint8Array(1))), TypeError);
    first.releaseLock();
    const second = stream.getReader({ mode: "byob" });
    const next = second.read(new Uint8Array(3));
    new Uint8Array(request.view!.buffer).set([1, 2, 3]);
    request.respond(3);
    await assertBytes(assert, next, [1, 2, 3]);
    // The same through enqueue, which takes what was filled first.
    const third = second.read(new Uint8Array(2));
    second.releaseLock();
    await failureOf(third);
    controller.enqueue(new Uint8Array([4]));
    await assertBytes(assert, stream.getReader().read(), [4]);
  },

  "tee: a branch's memory is the source's, and the other branch has a copy": async ({ globals, assert }) => {
    const asked: number[] = [];
    const { stream, canceled } = manual(globals, {
      pull(controller) {
        const request = controller.byobRequest;
        if (request === null) {
          controller.enqueue(new Uint8Array([0xff]));
          return;
        }
        asked.push(request.view!.byteLength);
        new Uint8Array(request.view!.buffer, request.view!.byteOffset)[0] = asked.length;
        request.respond(1);
      },
    });
    const [branch1, branch2] = stream.tee();
    const byob1 = branch1.getReader({ mode: "byob" });
    await assertBytes(assert, byob1.read(new Uint8Array(5)), [1]);
    const byob2 = branch2.getReader({ mode: "byob" });
    await assertBytes(assert, byob2.read(new Uint8Array(7)), [1]);
    const both = [byob2.read(new Uint8Array(7)), byob1.read(new Uint8Array(5))];
    await assertBytes(assert, both[0]!, [2]);
    await assertBytes(assert, both[1]!, [2]);
    assert.include(asked, 7);
    // A default read of one branch while the other has memory out.
    byob2.releaseLock();
    const plain = branch2.getReader();
    const mixed = [plain.read(), byob1.read(new Uint8Array(1))] as const;
    assert.isFalse((await mixed[0]).done);
    assert.isFalse((await mixed[1]).done);
    const cancel = byob1.cancel("one");
    assert.deepEqual(canceled, []);
    assert.isFalse((await plain.read()).done);
    await plain.cancel("two");
    await cancel;
    assert.deepEqual(canceled, [["one", "two"]]);
  },

  "tee: no branch's chunk shares memory with the other's or with what the source enqueued": async ({ globals, assert }) => {
    const enqueued = new Uint8Array(new Uint8Array([0, 1, 2, 3, 0]).buffer, 1, 3);
    const { stream, controller } = manual(globals);
    const branches = stream.tee();
    const reads = branches.map((branch) => branch.getReader().read());
    controller.enqueue(enqueued);
    assert.equal(enqueued.byteLength, 0);
    const [one, two] = await Promise.all(reads.map(async (read) => (await read).value as Uint8Array));
    one!.fill(9);
    assert.deepEqual(
      [Array.from(one!), Array.from(two!)],
      [
        [9, 9, 9],
        [1, 2, 3],
      ],
    );
    structuredClone(one, { transfer: [one!.buffer as ArrayBuffer] });
    assert.equal(two!.byteLength, 3);
  },

  "tee: the end gives each branch's memory back": async ({ globals, assert }) => {
    for (const isByob of [false, true]) {
      const { stream, controller } = manual(globals);
      const [branch1, branch2] = stream.tee();
      const reader = branch1.getReader({ mode: "byob" });
      const other = isByob ? branch2.getReader({ mode: "byob" }) : branch2.getReader();
      const read = reader.read(new Uint8Array(6));
      const otherRead = isByob
        ? (other as typeof reader).read(new Uint8Array(2))
        : (other as unknown as { read(): Promise<{ done: boolean }> }).read();
      await Promise.resolve();
      controller.close();
      controller.byobRequest?.respond(0);
      const { value, done } = await read;
      assert.deepEqual([value!.byteLength, value!.buffer.byteLength, done], [0, 6, true]);
      assert.isTrue((await otherRead).done);
      await reader.closed;
      await other.closed;
    }
  },

  "tee: one branch is canceled while it has memory out": async ({ globals, assert }) => {
    const { stream, controller, canceled } = manual(globals);
    const [branch1, branch2] = stream.tee();
    const reader = branch1.getReader({ mode: "byob" });
    const read = reader.read(new Uint8Array(3));
    const other = branch2.getReader({ mode: "byob" });
    const otherRead = other.read(new Uint8Array(2));
    const cancel = reader.cancel("first");
    assert.isTrue((await read).done);
    new Uint8Array(controller.byobRequest!.view!.buffer)[0] = 9;
    controller.byobRequest!.respond(1);
    await assertBytes(assert, otherRead, [9]);
    await other.cancel("second");
    await cancel;
    assert.deepEqual(canceled, [["first", "second"]]);
  },

  "tee: an error fails both": async ({ globals, assert }) => {
    const { stream, controller } = manual(globals);
    const readers = stream.tee().map((branch) => branch.getReader({ mode: "byob" }));
    const reads = readers.map((reader) => failureOf(reader.read(new Uint8Array(1))));
    const failure = new Error("source");
    controller.error(failure);
    assert.deepEqual(await Promise.all(reads), [failure, failure]);
    assert.deepEqual(await Promise.all(readers.map((reader) => failureOf(reader.closed))), [failure, failure]);
  },
});
