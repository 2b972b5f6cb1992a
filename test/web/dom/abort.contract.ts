/**
 * https://dom.spec.whatwg.org/#aborting-ongoing-activities
 */
import { cases } from "../../contract/cases.ts";

// biome-ignore-start lint/suspicious/noExplicitAny: the isolate's global is an EventTarget, which the types do not know

export default cases({
  "abort sets aborted and reason once and fires one event": ({ globals: { AbortController, DOMException, Event }, assert }) => {
    const controller = new AbortController();
    const { signal } = controller;
    assert.equal(controller.signal, signal);
    assert.isFalse(signal.aborted);
    assert.isUndefined(signal.reason);
    const events: InstanceType<typeof Event>[] = [];
    signal.addEventListener("abort", (event: InstanceType<typeof Event>) => events.push(event));
    controller.abort();
    controller.abort("later");
    assert.isTrue(signal.aborted);
    assert.isTrue(signal.reason instanceof DOMException);
    assert.equal((signal.reason as DOMException).name, "AbortError");
    assert.equal(events.length, 1);
    assert.isTrue(events[0]!.isTrusted);
    assert.isFalse(events[0]!.bubbles || events[0]!.cancelable);
    assert.equal(events[0]!.target as unknown, signal);
  },
  "a reason is kept as it is": ({ globals: { AbortController, AbortSignal }, assert }) => {
    const reason = { why: 1 };
    const controller = new AbortController();
    controller.abort(reason);
    assert.equal(controller.signal.reason, reason);
    const withNull = new AbortController();
    withNull.abort(null);
    assert.isNull(withNull.signal.reason);
    assert.equal(AbortSignal.abort("x").reason, "x");
    assert.equal((AbortSignal.abort().reason as Error).name, "AbortError");
    assert.isTrue(AbortSignal.abort().aborted);
  },
  throwIfAborted: ({ globals: { AbortController }, assert }) => {
    const controller = new AbortController();
    controller.signal.throwIfAborted();
    const reason = new Error("stop");
    controller.abort(reason);
    assert.throws(() => controller.signal.throwIfAborted(), "stop");
  },
  "AbortSignal cannot be constructed": ({ globals: { AbortSignal, EventTarget, AbortController }, assert }) => {
    assert.throws(() => new (AbortSignal as unknown as new () => unknown)(), TypeError, /Illegal constructor/);
    assert.isTrue(new AbortController().signal instanceof EventTarget);
    assert.equal(Object.prototype.toString.call(new AbortController().signal), "[object AbortSignal]");
    assert.equal(AbortSignal.length, 0);
    assert.throws(() => Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")!.get!.call({}), TypeError, /Illegal invocation/);
  },
  "onabort keeps its place, can be replaced and removed": ({ globals: { AbortController }, assert }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const log: string[] = [];
    assert.isNull(signal.onabort);
    signal.addEventListener("abort", () => log.push("first"));
    signal.onabort = () => log.push("old");
    signal.addEventListener("abort", () => log.push("last"));
    const handler = () => log.push("handler");
    signal.onabort = handler;
    assert.equal(signal.onabort, handler);
    controller.abort();
    assert.deepEqual(log, ["first", "handler", "last"]);
    signal.onabort = null;
    assert.isNull(signal.onabort);
    signal.onabort = 5 as never;
    assert.isNull(signal.onabort);
    const object = { handleEvent() {} };
    signal.onabort = object as never;
    assert.equal(signal.onabort as unknown, object);
  },
  "onabort removed before the abort is not called": ({ globals: { AbortController }, assert }) => {
    const controller = new AbortController();
    let calls = 0;
    controller.signal.onabort = () => calls++;
    controller.signal.onabort = null;
    controller.abort();
    assert.equal(calls, 0);
  },
  "timeout aborts with a TimeoutError": async ({ globals: { AbortSignal, DOMException }, assert }) => {
    const signal = AbortSignal.timeout(5);
    assert.isFalse(signal.aborted);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    assert.isTrue(signal.reason instanceof DOMException);
    assert.equal((signal.reason as DOMException).name, "TimeoutError");
    assert.equal((signal.reason as DOMException).code, 23);
  },
  "timeout's argument": ({ globals: { AbortSignal }, assert }) => {
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "x", undefined, 1n]) {
      assert.throws(() => AbortSignal.timeout(bad as never), TypeError);
    }
    assert.throws(() => AbortSignal.timeout(-1), TypeError, /0 to 9007199254740991.*got the number -1/);
    assert.isFalse(AbortSignal.timeout(2 ** 53 - 1).aborted);
  },
  "timeouts fire in the order of their time": async ({ globals: { AbortSignal }, assert }) => {
    const log: number[] = [];
    await Promise.all(
      // Far enough from each other for a busy machine, which stops who makes them between two.
      [300, 100, 200, 0].map(
        (time) =>
          new Promise<void>((resolve) => {
            AbortSignal.timeout(time).onabort = () => {
              log.push(time);
              resolve();
            };
          }),
      ),
    );
    assert.deepEqual(log, [0, 100, 200, 300]);
  },
  "any follows the first that aborts": ({ globals: { AbortController, AbortSignal }, assert }) => {
    const first = new AbortController();
    const second = new AbortController();
    const any = AbortSignal.any([first.signal, second.signal]);
    assert.isFalse(any.aborted);
    second.abort("second");
    first.abort("first");
    assert.isTrue(any.aborted);
    assert.equal(any.reason, "second");
  },
  "any that is not listened to still takes the first reason": ({ globals: { AbortController, AbortSignal }, assert }) => {
    const controllers = Array.from({ length: 4 }, () => new AbortController());
    const any = AbortSignal.any(controllers.map(({ signal }) => signal));
    for (const index of [2, 0, 3]) controllers[index]!.abort(index);
    assert.equal(any.reason, 2);
    assert.isTrue(any.aborted);
    assert.throws(() => any.throwIfAborted());
  },
  "any of none, of an aborted one, of the same one twice": ({ globals: { AbortController, AbortSignal }, assert }) => {
    assert.isFalse(AbortSignal.any([]).aborted);
    const aborted = AbortSignal.abort("now");
    const controller = new AbortController();
    assert.equal(AbortSignal.any([controller.signal, aborted]).reason, "now");
    const twice = AbortSignal.any([controller.signal, controller.signal]);
    let calls = 0;
    twice.onabort = () => calls++;
    controller.abort();
    assert.equal(calls, 1);
    assert.throws(() => AbortSignal.any(controller.signal as never), TypeError, /iterable/);
    assert.throws(() => AbortSignal.any([{} as never]), TypeError, /AbortSignal/);
    assert.throws(() => (AbortSignal as unknown as { any(): void }).any(), TypeError);
    assert.isTrue(AbortSignal.any(new Set([aborted])).aborted);
  },
  "any of any: events in order, the source first": ({ globals: { AbortController, AbortSignal }, assert }) => {
    const controller = new AbortController();
    const signals = [controller.signal];
    signals.push(AbortSignal.any([controller.signal]));
    signals.push(AbortSignal.any([controller.signal]));
    signals.push(AbortSignal.any([signals[0]!]));
    signals.push(AbortSignal.any([signals[1]!]));
    let result = "";
    // Listened to in another order than they were made.
    for (const index of [4, 2, 3, 0, 1]) signals[index]!.addEventListener("abort", () => (result += index));
    controller.abort();
    assert.equal(result, "01234");
  },
  "dependents are aborted before any event fires": ({ globals: { AbortController, AbortSignal }, assert }) => {
    const controller = new AbortController();
    const listened = AbortSignal.any([controller.signal]);
    const silent = AbortSignal.any([listened]);
    let isListenedAborted = false;
    let isSilentAborted = false;
    listened.addEventListener("abort", () => {});
    controller.signal.addEventListener("abort", () => {
      isListenedAborted = listened.aborted;
      isSilentAborted = silent.aborted;
    });
    controller.abort("r");
    assert.isTrue(isListenedAborted && isSilentAborted);
    assert.equal(silent.reason, "r");
  },
  "abort events of dependents do not repeat": ({ globals: { AbortController, AbortSignal }, assert }) => {
    const a = new AbortController();
    const b = new AbortController();
    const any = AbortSignal.any([a.signal, b.signal]);
    let calls = 0;
    any.addEventListener("abort", () => {
      calls++;
      b.abort();
    });
    a.signal.addEventListener("abort", () => b.abort());
    a.abort();
    b.abort();
    assert.equal(calls, 1);
  },
  "any with timeout": async ({ globals: { AbortController, AbortSignal }, assert }) => {
    const any = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(3)]);
    await new Promise((resolve) => any.addEventListener("abort", resolve));
    assert.equal((any.reason as Error).name, "TimeoutError");
  },
  "an error in a listener does not keep others from running": {
    only: "isolate",
    why: "in the host realm it becomes Node's uncaughtException",
    run: ({ globals, assert }) => {
      const { AbortController, addEventListener, removeEventListener } = globals as never as Record<string, never> as any;
      const controller = new AbortController();
      const reported: unknown[] = [];
      const onError = (event: any) => {
        reported.push(event.error);
        event.preventDefault();
      };
      addEventListener("error", onError);
      let isSecondCalled = false;
      controller.signal.addEventListener("abort", () => {
        throw new Error("first");
      });
      controller.signal.addEventListener("abort", () => (isSecondCalled = true));
      controller.abort();
      removeEventListener("error", onError);
      assert.isTrue(isSecondCalled);
      assert.equal((reported[0] as Error).message, "first");
    },
  },
});
// biome-ignore-end lint/suspicious/noExplicitAny: as above
