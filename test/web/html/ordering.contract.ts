/**
 * The order of timers, messages, microtasks and completions of ops
 * (https://html.spec.whatwg.org/multipage/webappapis.html#event-loop-processing-model). Task sources have no order among
 * each other; what holds is asserted for whatever order they come in.
 */
import { cases } from "../../contract/cases.ts";

/** What a task and the microtasks of it write; nothing else may come between them. */
const stepsOf = (name: string): string[] => [`${name} begins`, `${name} then`, `${name} microtask`, `${name} nested`];

export default cases({
  "microtasks are drained after every timer, message and completion": async ({ globals, assert }) => {
    const log: string[] = [];
    let left = 0;
    let finish: () => void;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const task = (name: string): (() => void) => {
      left++;
      return () => {
        log.push(`${name} begins`);
        void Promise.resolve().then(() => {
          log.push(`${name} then`);
          globals.queueMicrotask(() => {
            log.push(`${name} nested`);
            if (--left === 0) finish();
          });
        });
        globals.queueMicrotask(() => log.push(`${name} microtask`));
      };
    };
    const { port1, port2 } = new globals.MessageChannel();
    const handlers = new Map<string, () => void>();
    port2.onmessage = ({ data }: { data: string }) => handlers.get(data)!();
    for (let index = 0; index < 5; index++) {
      globals.setTimeout(task(`timer ${index}`), 0);
      handlers.set(`message ${index}`, task(`message ${index}`));
      port1.postMessage(`message ${index}`);
      void globals.crypto.subtle.digest("SHA-256", new Uint8Array(100_000)).then(task(`digest ${index}`));
    }
    await finished;
    port2.close();
    assert.strictEqual(log.length, 15 * 4);
    // A completion's reaction is a microtask itself: reactions of one batch may be mixed, timers and messages may not.
    for (const kind of ["timer", "message"]) {
      for (let index = 0; index < 5; index++) {
        const name = `${kind} ${index}`;
        const at = log.indexOf(`${name} begins`);
        assert.deepEqual(
          log.slice(at, at + 4).filter((entry) => entry.startsWith(name)),
          stepsOf(name),
          log.join(),
        );
      }
    }
    for (const kind of ["timer", "message"]) {
      const begun = log.filter((entry) => entry.startsWith(kind) && entry.endsWith("begins"));
      assert.deepEqual(
        begun,
        [0, 1, 2, 3, 4].map((index) => `${kind} ${index} begins`),
      );
    }
  },

  "what is queued now comes before any task": async ({ globals, assert }) => {
    const log: string[] = [];
    const { port1, port2 } = new globals.MessageChannel();
    await new Promise<void>((resolve) => {
      let left = 2;
      const end = (name: string): void => {
        log.push(name);
        if (--left === 0) resolve();
      };
      port2.onmessage = () => end("message");
      port1.postMessage(1);
      globals.setTimeout(() => end("timer"), 0);
      const chain = (depth: number): void => {
        log.push(`microtask ${depth}`);
        if (depth < 20) globals.queueMicrotask(() => chain(depth + 1));
      };
      globals.queueMicrotask(() => chain(0));
      log.push("now");
    });
    port2.close();
    assert.deepEqual(log.slice(0, 22), ["now", ...[...Array(21).keys()].map((depth) => `microtask ${depth}`)]);
    assert.deepEqual(log.slice(22).sort(), ["message", "timer"]);
  },

  "timers: an earlier one set later comes first, equal ones by age, whatever runs between": async ({ globals, assert }) => {
    const log: number[] = [];
    await new Promise<void>((resolve) => {
      globals.setTimeout(() => {
        log.push(4);
        resolve();
      }, 60);
      globals.setTimeout(() => log.push(2), 20);
      globals.setTimeout(() => log.push(3), 20);
      globals.queueMicrotask(() => {
        globals.setTimeout(() => log.push(1), 1);
        // The clock goes on while this task runs: all of the first three are due when it ends.
        const end = globals.performance.now() + 40;
        while (globals.performance.now() < end);
      });
    });
    assert.deepEqual(log, [1, 2, 3, 4]);
  },

  "a message posted by a message comes after those that wait; a timer set by a timer after those that are due": async ({
    globals,
    assert,
  }) => {
    const { port1, port2 } = new globals.MessageChannel();
    const messages: string[] = [];
    await new Promise<void>((resolve) => {
      port2.onmessage = ({ data }: { data: string }) => {
        messages.push(data);
        if (data === "a") port1.postMessage("c");
        if (data === "c") resolve();
      };
      port1.postMessage("a");
      port1.postMessage("b");
    });
    port2.close();
    assert.deepEqual(messages, ["a", "b", "c"]);
    const timers: string[] = [];
    await new Promise<void>((resolve) => {
      globals.setTimeout(() => {
        timers.push("a");
        globals.setTimeout(() => {
          timers.push("c");
          resolve();
        }, 0);
      }, 0);
      globals.setTimeout(() => timers.push("b"), 0);
    });
    assert.deepEqual(timers, ["a", "b", "c"]);
  },
});
