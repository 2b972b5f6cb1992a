/** Pipes and tees have pulls, transforms and writes end in one microtask (src-ts/web/streams/held-ends.ts); no script may see one too early or miss a chunk. */
import type { ReadableStream } from "../../../src-ts/index.ts";
import { cases } from "../../contract/cases.ts";

const chunks_count = 40;

export default cases({
  "each pull, transform and write comes after what the one before it queued": async ({ globals, assert }) => {
    const { ReadableStream, TransformStream, WritableStream } = globals;
    for (const [sourceMark, transforms, transformMark, sinkMark] of [
      [0, 0, 0, 1],
      [1, 0, 0, 1],
      [16, 0, 0, 16],
      [0, 0, 0, 16],
      [16, 0, 0, 1],
      [1, 1, 0, 1],
      [4, 1, 2, 1],
      [1, 3, 0, 16],
      [3, 3, 1, 2],
      [1, 40, 0, 1],
    ] as const) {
      const faults: string[] = [];
      const pending = new Set<string>();
      /** Called first by each hook; two microtasks are not waited for: the standard's reaction is one. */
      const called = (hook: string): void => {
        if (pending.has(hook)) faults.push(hook);
        pending.add(hook);
        queueMicrotask(() => pending.delete(hook));
      };
      let pulls = 0;
      let stream: ReadableStream<number> = new ReadableStream<number>(
        {
          pull(controller) {
            called("pull");
            controller.enqueue(pulls);
            if (++pulls === chunks_count) controller.close();
          },
        },
        { highWaterMark: sourceMark },
      );
      for (let index = 0; index < transforms; index++) {
        stream = stream.pipeThrough(
          new TransformStream<number, number>(
            {
              transform(chunk, controller) {
                called(`transform ${index}`);
                controller.enqueue(chunk);
              },
            },
            { highWaterMark: 1 },
            { highWaterMark: transformMark },
          ),
        );
      }
      const written: number[] = [];
      await stream.pipeTo(
        new WritableStream<number>(
          {
            write(chunk) {
              called("write");
              written.push(chunk);
            },
          },
          { highWaterMark: sinkMark },
        ),
      );
      const marks = `high-water marks ${sourceMark}, ${transformMark}, ${sinkMark}, ${transforms} transforms`;
      assert.deepEqual(faults, [], marks);
      assert.deepEqual(
        written,
        Array.from({ length: chunks_count }, (_, index) => index),
        marks,
      );
    }
  },

  "a sink that fills its source while it writes": async ({ globals: { ReadableStream, WritableStream }, assert }) => {
    let source: { enqueue(chunk: number): void; close(): void } | undefined;
    const stream = new ReadableStream<number>(
      {
        start(controller) {
          source = controller;
          controller.enqueue(0);
        },
      },
      { highWaterMark: 0 },
    );
    const written: number[] = [];
    await stream.pipeTo(
      new WritableStream<number>(
        {
          write(chunk) {
            written.push(chunk);
            // Several at once, one by one, and later.
            if (chunk === 0) for (const next of [1, 2, 3]) source!.enqueue(next);
            else if (chunk === 3) source!.enqueue(4);
            else if (chunk === 4) setTimeout(() => source!.enqueue(5), 1);
            else if (chunk === 5) source!.close();
          },
        },
        { highWaterMark: 2 },
      ),
    );
    assert.deepEqual(written, [0, 1, 2, 3, 4, 5]);
  },

  "while a write does not end, a pipe goes on to the destination's high-water mark": async ({
    globals: { ReadableStream, WritableStream },
    assert,
  }) => {
    let source: { enqueue(chunk: number): void; close(): void } | undefined;
    let pulls = 0;
    const stream = new ReadableStream<number>(
      {
        start(controller) {
          source = controller;
        },
        pull() {
          pulls++;
        },
      },
      { highWaterMark: 0 },
    );
    let endWrite = (): void => {};
    const written: number[] = [];
    const piped = stream.pipeTo(
      new WritableStream<number>(
        {
          write(chunk) {
            written.push(chunk);
            if (chunk === 0) return;
            // In the middle of a write that is not over for long.
            if (chunk === 1) source!.enqueue(2);
            return new Promise<void>((resolve) => {
              endWrite = resolve;
            });
          },
        },
        { highWaterMark: 4 },
      ),
    );
    const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
    await turn();
    source!.enqueue(0);
    source!.enqueue(1);
    await turn();
    assert.deepEqual(written, [0, 1]);
    // Two of four may still come; the pipe asks for them.
    const asked = pulls;
    source!.enqueue(3);
    await turn();
    assert.equal(pulls > asked, true, "pulled again");
    source!.close();
    for (let count = 0; count < 3; count++) {
      endWrite();
      await turn();
    }
    await piped;
    assert.deepEqual(written, [0, 1, 2, 3]);
  },

  "a chain of a thousand transforms": async ({ globals: { ReadableStream, TransformStream }, assert }) => {
    let count = 0;
    let stream: ReadableStream<number> = new ReadableStream<number>({
      pull(controller) {
        controller.enqueue(count);
        if (++count === 3) controller.close();
      },
    });
    for (let index = 0; index < 1000; index++) stream = stream.pipeThrough(new TransformStream<number, number>());
    const chunks: number[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.deepEqual(chunks, [0, 1, 2]);
  },

  "a tee passes on what it was to read when its stream failed": async ({ globals: { ReadableStream, queueMicrotask }, assert }) => {
    let controller!: ReadableStreamDefaultController;
    const stream = new ReadableStream(
      {
        start(given) {
          controller = given as never;
          controller.enqueue("first");
        },
        pull() {},
      },
      { highWaterMark: 2 },
    );
    const reader = stream.tee()[0].getReader();
    // After the branches' first pull, before the end of the stream's.
    queueMicrotask(() => controller.error(new Error("failed")));
    assert.deepEqual(await reader.read(), { value: "first", done: false });
    assert.strictEqual(await reader.read().catch((error: Error) => error.message), "failed");
  },
});
