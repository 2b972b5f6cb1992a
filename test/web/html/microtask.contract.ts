/**
 * https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#microtask-queuing
 */
import { cases } from "../../contract/cases.ts";

// biome-ignore-start lint/suspicious/noExplicitAny: the isolate's global is an EventTarget, which the types do not know

export default cases({
  "runs after the current code, in order with promise reactions": async ({ globals: { queueMicrotask }, assert }) => {
    const log: string[] = [];
    void Promise.resolve().then(() => log.push("promise 1"));
    queueMicrotask(() => {
      log.push("micro 1");
      queueMicrotask(() => log.push("micro 3"));
    });
    void Promise.resolve().then(() => log.push("promise 2"));
    queueMicrotask(() => log.push("micro 2"));
    log.push("sync");
    await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))));
    assert.deepEqual(log, ["sync", "promise 1", "micro 1", "promise 2", "micro 2", "micro 3"]);
  },
  "the callback gets no arguments": async ({ globals: { queueMicrotask }, assert }) => {
    const given = await new Promise<unknown[]>((resolve) => queueMicrotask((...args: unknown[]) => resolve(args)));
    assert.deepEqual(given, []);
  },
  "only functions": ({ globals: { queueMicrotask }, assert }) => {
    for (const bad of [null, undefined, "code", {}, 1]) {
      assert.throws(() => queueMicrotask(bad as never), TypeError, /must be a function, got/);
    }
    assert.throws(() => (queueMicrotask as unknown as () => void)(), TypeError, /1 argument required/);
    assert.equal(queueMicrotask.length, 1);
  },
  "an error is reported and the next microtask runs": {
    only: "isolate",
    why: "in the host realm it becomes Node's uncaughtException",
    run: async ({ globals: { queueMicrotask, setTimeout }, assert }) => {
      const { addEventListener, removeEventListener } = globalThis as any;
      const errors: any[] = [];
      const onError = (event: any) => {
        errors.push(event);
        event.preventDefault();
      };
      addEventListener("error", onError);
      let isNextRun = false;
      queueMicrotask(() => {
        throw new RangeError("in microtask");
      });
      queueMicrotask(() => (isNextRun = true));
      await new Promise((resolve) => setTimeout(resolve, 1));
      removeEventListener("error", onError);
      assert.isTrue(isNextRun);
      assert.equal(errors.length, 1);
      assert.equal(errors[0].error.message, "in microtask");
      assert.match(errors[0].message, /RangeError: in microtask/);
    },
  },
});
// biome-ignore-end lint/suspicious/noExplicitAny: as above
