/**
 * Reads a stream twice: npx nano run examples/tee.ts
 *
 * The branches are independent: each at its own pace, and one may leave. What only the faster one has read waits for the
 * slower one, so cancel a branch that you do not read.
 */
let made = 0;
let canceled: unknown;

function numbers(count: number): ReadableStream<number> {
  made = 0;
  return new ReadableStream(
    {
      pull(controller) {
        controller.enqueue(++made);
        if (made === count) controller.close();
      },
      cancel(reason) {
        canceled = reason;
      },
    },
    { highWaterMark: 0 },
  );
}

async function collect(stream: ReadableStream<number>): Promise<number[]> {
  const chunks: number[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

// Both get every chunk, from a source that is read once.
const [first, second] = numbers(5).tee();
const [sum, list] = await Promise.all([collect(first).then((chunks) => chunks.reduce((a, b) => a + b)), collect(second)]);
console.log(`made ${made}: sum ${sum}, list ${list.join(" ")}`);

// One leaves after two chunks; the other one does not notice.
const [short, long] = numbers(5).tee();
const reader = short.getReader();
await reader.read();
await reader.read();
void reader.cancel("enough");
console.log(`after the first has left: ${(await collect(long)).join(" ")}`);

// When both have left the source is canceled, with both reasons.
const [one, other] = numbers(5).tee();
await Promise.all([one.cancel("no need"), other.cancel("nor here")]);
console.log(`canceled: ${JSON.stringify(canceled)}`);

export {};
