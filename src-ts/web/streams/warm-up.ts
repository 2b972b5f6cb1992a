/**
 * Runs the main paths of the streams, so that the startup snapshot holds their bytecode.
 */
import { CountQueuingStrategy } from "./CountQueuingStrategy.ts";
import { markHandled } from "./promises.ts";
import { ReadableStream } from "./ReadableStream.ts";
import { TransformStream } from "./TransformStream.ts";
import { WritableStream } from "./WritableStream.ts";

/** What it starts ends in the microtasks that follow. */
export function warmUpStreams(): void {
  const source = (): ReadableStream => {
    let count = 0;
    return new ReadableStream(
      {
        pull(controller) {
          if (count++ < 2) controller.enqueue(count);
          else controller.close();
        },
      },
      new CountQueuingStrategy({ highWaterMark: 1 }),
    );
  };
  const transform = new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
    },
  });
  const [branch1, branch2] = source().pipeThrough(transform).tee();
  markHandled(branch1.pipeTo(new WritableStream({ write() {} })));
  markHandled(readAll(branch2));
  markHandled(iterate(ReadableStream.from([1, 2])));
  markHandled(write(new WritableStream({ write() {} })));
  markHandled(readBytes());
}

async function readAll(stream: ReadableStream): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
  await reader.closed;
  reader.releaseLock();
}

async function iterate(stream: ReadableStream): Promise<void> {
  for await (const _ of stream);
}

async function write(stream: WritableStream): Promise<void> {
  const writer = stream.getWriter();
  for (let index = 0; index < 2; index++) {
    await writer.ready;
    void writer.write(index);
  }
  await writer.close();
}

async function readBytes(): Promise<void> {
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (controller.byobRequest === null) controller.enqueue(new Uint8Array(1));
      else controller.byobRequest.respond(1);
    },
  });
  const reader = stream.getReader({ mode: "byob" });
  await reader.read(new Uint8Array(8));
  await reader.cancel();
}
