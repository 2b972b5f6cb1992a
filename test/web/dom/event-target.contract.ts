/**
 * https://dom.spec.whatwg.org/#interface-eventtarget
 */
import { cases } from "../../contract/cases.ts";

export default cases({
  "dispatch calls listeners in order, with target and phase": ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const log: unknown[] = [];
    target.addEventListener("x", function (this: unknown, event: InstanceType<typeof Event>) {
      log.push("first", this === target, event.target === target, event.currentTarget === target, event.eventPhase);
      log.push(event.composedPath().length);
    });
    target.addEventListener("x", () => log.push("second"));
    target.addEventListener("y", () => log.push("never"));
    const event = new Event("x");
    assert.isTrue(target.dispatchEvent(event));
    assert.deepEqual(log, ["first", true, true, true, 2, 1, "second"]);
    assert.equal(event.target, target);
    assert.isNull(event.currentTarget);
    assert.equal(event.eventPhase, 0);
    assert.deepEqual(event.composedPath(), []);
  },
  "capturing listeners come first at the target": ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const log: string[] = [];
    target.addEventListener("x", () => log.push("bubble"));
    target.addEventListener("x", () => log.push("capture"), true);
    target.addEventListener("x", () => log.push("capture object"), { capture: true });
    target.dispatchEvent(new Event("x"));
    assert.deepEqual(log, ["capture", "capture object", "bubble"]);
  },
  "a listener is the same by type, callback and capture": ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    let calls = 0;
    const listener = () => calls++;
    target.addEventListener("x", listener);
    target.addEventListener("x", listener, { once: true, passive: true });
    target.addEventListener("x", listener, true);
    target.dispatchEvent(new Event("x"));
    assert.equal(calls, 2);
    target.removeEventListener("x", listener);
    target.dispatchEvent(new Event("x"));
    assert.equal(calls, 3);
    target.removeEventListener("x", listener, { capture: true });
    target.dispatchEvent(new Event("x"));
    assert.equal(calls, 3);
  },
  once: ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    let calls = 0;
    target.addEventListener(
      "x",
      () => {
        calls++;
        if (calls < 5) target.dispatchEvent(new Event("x"));
      },
      { once: true },
    );
    target.dispatchEvent(new Event("x"));
    target.dispatchEvent(new Event("x"));
    assert.equal(calls, 1);
  },
  "passive: preventDefault does nothing": ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const prevent = (event: InstanceType<typeof Event>) => event.preventDefault();
    target.addEventListener("x", prevent, { passive: true });
    assert.isTrue(target.dispatchEvent(new Event("x", { cancelable: true })));
    target.addEventListener("x", (event: InstanceType<typeof Event>) => prevent(event));
    assert.isFalse(target.dispatchEvent(new Event("x", { cancelable: true })));
  },
  "signal removes the listener": ({ globals: { AbortController, Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const controller = new AbortController();
    let calls = 0;
    target.addEventListener("x", () => calls++, { signal: controller.signal });
    target.dispatchEvent(new Event("x"));
    controller.abort();
    target.dispatchEvent(new Event("x"));
    assert.equal(calls, 1);
    target.addEventListener("x", () => calls++, { signal: controller.signal });
    target.dispatchEvent(new Event("x"));
    assert.equal(calls, 1);
    assert.throws(() => target.addEventListener("x", () => {}, { signal: null as never }), TypeError, /AbortSignal/);
  },
  "a listener aborted while dispatching is not called": ({ globals: { AbortController, Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const controller = new AbortController();
    let calls = 0;
    target.addEventListener("x", () => controller.abort());
    target.addEventListener("x", () => calls++, { signal: controller.signal });
    target.dispatchEvent(new Event("x"));
    assert.equal(calls, 0);
  },
  "listeners added while dispatching wait for the next event; removed ones are not called": ({
    globals: { Event, EventTarget },
    assert,
  }) => {
    const target = new EventTarget();
    const log: string[] = [];
    const removed = () => log.push("removed");
    target.addEventListener(
      "x",
      () => {
        log.push("first");
        target.addEventListener("x", () => log.push("added"));
        target.removeEventListener("x", removed);
      },
      { once: true },
    );
    target.addEventListener("x", removed);
    target.addEventListener("x", () => log.push("last"));
    target.dispatchEvent(new Event("x"));
    assert.deepEqual(log, ["first", "last"]);
    target.dispatchEvent(new Event("x"));
    assert.deepEqual(log, ["first", "last", "last", "added"]);
  },
  "a listener removed and added again while dispatching": ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    let calls = 0;
    const listener = () => calls++;
    target.addEventListener("x", () => {
      target.removeEventListener("x", listener);
      target.addEventListener("x", listener);
    });
    target.addEventListener("x", listener);
    target.dispatchEvent(new Event("x"));
    assert.equal(calls, 0);
    target.removeEventListener("x", listener);
  },
  "stopImmediatePropagation stops the rest, stopPropagation the other round": ({ globals: { Event, EventTarget }, assert }) => {
    const log: string[] = [];
    const target = new EventTarget();
    target.addEventListener("x", (event: InstanceType<typeof Event>) => {
      log.push("a");
      event.stopImmediatePropagation();
    });
    target.addEventListener("x", () => log.push("b"));
    const event = new Event("x");
    target.dispatchEvent(event);
    assert.deepEqual(log, ["a"]);
    assert.isFalse(event.cancelBubble);
    const other = new EventTarget();
    other.addEventListener(
      "x",
      (each: InstanceType<typeof Event>) => {
        log.push("capture");
        each.stopPropagation();
      },
      true,
    );
    other.addEventListener("x", () => log.push("bubble"));
    other.dispatchEvent(new Event("x"));
    assert.deepEqual(log, ["a", "capture"]);
  },
  "handleEvent is looked up at each call": ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const log: unknown[] = [];
    const listener = {
      handleEvent(this: unknown) {
        log.push(this === listener, 1);
      },
    };
    target.addEventListener("x", listener);
    target.dispatchEvent(new Event("x"));
    listener.handleEvent = () => log.push(2);
    target.dispatchEvent(new Event("x"));
    assert.deepEqual(log, [true, 1, 2]);
  },
  "null as callback is ignored, other values refused": ({ globals: { EventTarget }, assert }) => {
    const target = new EventTarget();
    target.addEventListener("x", null);
    target.addEventListener("x", undefined as never);
    target.removeEventListener("x", null);
    assert.throws(() => target.addEventListener("x", 1 as never), TypeError, /must be a function or an object, got the number 1/);
    assert.throws(() => target.addEventListener("x", "f" as never), TypeError);
    assert.throws(() => (target as unknown as { addEventListener(a: string): void }).addEventListener("x"), TypeError, /2 arguments/);
  },
  "an event cannot be dispatched while it is": ({ globals: { DOMException, Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    let error: unknown;
    target.addEventListener("x", (event: InstanceType<typeof Event>) => {
      try {
        target.dispatchEvent(event);
      } catch (caught) {
        error = caught;
      }
      event.initEvent("changed");
    });
    const event = new Event("x");
    target.dispatchEvent(event);
    assert.isTrue(error instanceof DOMException);
    assert.equal((error as DOMException).name, "InvalidStateError");
    assert.equal(event.type, "x");
    assert.throws(() => target.dispatchEvent({} as never), TypeError, /must be an Event object/);
    assert.throws(() => target.dispatchEvent(null as never), TypeError);
  },
  "flags are cleared after a dispatch": ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const event = new Event("x", { cancelable: true });
    target.addEventListener("x", (each: InstanceType<typeof Event>) => {
      each.stopImmediatePropagation();
      each.preventDefault();
    });
    assert.isFalse(target.dispatchEvent(event));
    assert.isFalse(event.cancelBubble);
    assert.isTrue(event.defaultPrevented);
    assert.isFalse(new EventTarget().dispatchEvent(event));
  },
  "options are read once and in order": ({ globals: { EventTarget }, assert }) => {
    const order: string[] = [];
    const options = new Proxy(
      {},
      {
        get(_, key) {
          order.push(String(key));
          return undefined;
        },
      },
    );
    new EventTarget().addEventListener("x", () => {}, options);
    assert.deepEqual(order, ["capture", "once", "passive", "signal"]);
  },
  "EventTarget can be subclassed and constructed": ({ globals: { Event, EventTarget }, assert }) => {
    class Mine extends EventTarget {}
    const mine = new Mine();
    let isCalled = false;
    mine.addEventListener("x", () => (isCalled = true));
    mine.dispatchEvent(new Event("x"));
    assert.isTrue(isCalled);
    assert.equal(EventTarget.length, 0);
    assert.equal(EventTarget.prototype.addEventListener.length, 2);
    assert.equal(EventTarget.prototype.dispatchEvent.length, 1);
    assert.throws(() => EventTarget.prototype.addEventListener.call({} as never, "x", () => {}), TypeError, /Illegal invocation/);
  },
  "many listeners, removed while dispatching in any order": ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const listeners = Array.from({ length: 200 }, (_, index) => () => {
      calls.push(index);
      target.removeEventListener("x", listeners[199 - index]!);
    });
    const calls: number[] = [];
    for (const listener of listeners) target.addEventListener("x", listener);
    target.dispatchEvent(new Event("x"));
    assert.equal(calls.length, 100);
    target.dispatchEvent(new Event("x"));
  },
});
