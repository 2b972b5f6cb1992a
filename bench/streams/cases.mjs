/** Streams (https://streams.spec.whatwg.org/) of chunks of 1 KiB that are all there already; rates are chunks a second. */
export function cases({ ReadableStream, WritableStream, TransformStream }) {
  const chunk = new Uint8Array(1024).fill(1);

  /** A source that is asked for every chunk. */
  function pulled(count, strategy) {
    let left = count;
    return new ReadableStream(
      {
        pull(controller) {
          controller.enqueue(chunk);
          if (--left === 0) controller.close();
        },
      },
      strategy,
    );
  }

  function counting() {
    const sink = {
      sum: 0,
      write(bytes) {
        sink.sum += bytes.length;
      },
    };
    return sink;
  }

  async function drain(stream) {
    const reader = stream.getReader();
    let sum = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return sum;
      sum += value.length;
    }
  }

  async function piped(stream) {
    const sink = counting();
    await stream.pipeTo(new WritableStream(sink));
    return sink.sum;
  }

  const identity = () => new TransformStream();
  const passing = () =>
    new TransformStream({
      transform(bytes, controller) {
        controller.enqueue(bytes);
      },
    });

  return {
    "read loop": (count) => drain(pulled(count)),
    async "async iteration"(count) {
      let sum = 0;
      for await (const bytes of pulled(count)) sum += bytes.length;
      return sum;
    },
    pipeTo: (count) => piped(pulled(count)),
    "pipeTo, 16 chunks may wait": async (count) => {
      const sink = counting();
      await pulled(count, { highWaterMark: 16 }).pipeTo(new WritableStream(sink, { highWaterMark: 16 }));
      return sink.sum;
    },
    "pipeThrough an identity TransformStream": (count) => piped(pulled(count).pipeThrough(identity())),
    "three transforms in a row": (count) => piped(pulled(count).pipeThrough(passing()).pipeThrough(passing()).pipeThrough(passing())),
    async "tee, both branches drained"(count) {
      const [one, two] = pulled(count).tee();
      const sums = await Promise.all([drain(one), drain(two)]);
      return sums[0] + sums[1];
    },
    async "write, awaiting ready"(count) {
      const sink = counting();
      const writer = new WritableStream(sink).getWriter();
      for (let index = 0; index < count; index++) {
        await writer.ready;
        writer.write(chunk);
      }
      await writer.close();
      return sink.sum;
    },
    async "BYOB read"(count) {
      let left = count;
      const stream = new ReadableStream({
        type: "bytes",
        pull(controller) {
          const { byobRequest } = controller;
          byobRequest.view[0] = 1;
          byobRequest.respond(1024);
          if (--left === 0) controller.close();
        },
      });
      const reader = stream.getReader({ mode: "byob" });
      let buffer = new ArrayBuffer(1024);
      let sum = 0;
      for (let index = 0; index < count; index++) {
        const { value } = await reader.read(new Uint8Array(buffer));
        sum += value.length;
        buffer = value.buffer;
      }
      return sum;
    },
  };
}
