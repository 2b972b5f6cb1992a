/**
 * A fast source, a slow sink, and a queue between them that does not grow: npx nano run examples/backpressure.ts [CHUNKS]
 *
 * The source says when it is asked for a chunk, the sink when it has taken one. The pipe takes no more than both queues
 * hold: whatever the number of chunks, three are between the two at most.
 */
declare const CLI: { args: readonly string[] };

const count = Number(CLI.args[0] ?? 6);
let made = 0;
let written = 0;
let between_max = 0;

const source = new ReadableStream<number>(
  {
    pull(controller) {
      controller.enqueue(++made);
      between_max = Math.max(between_max, made - written);
      if (made === count) controller.close();
    },
  },
  // One chunk is made ahead.
  new CountQueuingStrategy({ highWaterMark: 1 }),
);

const sink = new WritableStream<number>(
  {
    async write(chunk) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      written = chunk;
    },
  },
  // The one that is being written, and one more.
  new CountQueuingStrategy({ highWaterMark: 2 }),
);

await source.pipeTo(sink);
console.log(`made ${made}, written ${written}, between them at most ${between_max}`);

// The same by hand: `ready` is pending while the queue is full.
let waits = 0;
const writer = new WritableStream<number>({ write: () => new Promise((resolve) => setTimeout(resolve, 1)) }).getWriter();
for (let chunk = 1; chunk <= count; chunk++) {
  if (writer.desiredSize! <= 0) waits++;
  await writer.ready;
  void writer.write(chunk);
}
await writer.close();
console.log(`written by hand ${count}, waited ${waits} times`);

export {};
