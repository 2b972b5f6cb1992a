/**
 * https://html.spec.whatwg.org/multipage/webappapis.html#runtime-script-errors and #unhandled-promise-rejections
 */
import { type CaseFunction, cases } from "../../contract/cases.ts";

// biome-ignore-start lint/suspicious/noExplicitAny: the isolate's global is an EventTarget, which the types do not know
const scope = globalThis as any;
const turn = (): Promise<void> => new Promise((resolve) => scope.setTimeout(resolve, 2));
const inIsolate = (run: CaseFunction) => ({ only: "isolate" as const, why: "Node has its own events for this", run });

/** Collects events of a type while `run` works; each is handled. */
async function collect(type: string, run: () => unknown): Promise<any[]> {
  const events: any[] = [];
  const listener = (event: any) => {
    events.push(event);
    event.preventDefault();
  };
  scope.addEventListener(type, listener);
  await run();
  await turn();
  scope.removeEventListener(type, listener);
  return events;
}

export default cases({
  ErrorEvent: ({ globals: { ErrorEvent, Event }, assert }) => {
    const error = new Error("x");
    const event = new ErrorEvent("error", { message: "m", filename: "f", lineno: 3, colno: 4, error, cancelable: true });
    assert.deepEqual([event.message, event.filename, event.lineno, event.colno, event.error], ["m", "f", 3, 4, error]);
    assert.isTrue(event instanceof Event && event.cancelable);
    const empty = new ErrorEvent("error");
    assert.deepEqual([empty.message, empty.filename, empty.lineno, empty.colno, empty.error], ["", "", 0, 0, undefined]);
    assert.throws(() => Object.getOwnPropertyDescriptor(ErrorEvent.prototype, "lineno")!.get!.call(new Event("x")), TypeError);
  },
  PromiseRejectionEvent: ({ globals: { PromiseRejectionEvent }, assert }) => {
    const promise = Promise.resolve();
    const event = new PromiseRejectionEvent("x", { promise, reason: 1 });
    assert.equal(event.promise, promise);
    assert.equal(event.reason, 1);
    assert.throws(() => new PromiseRejectionEvent("x", {} as never), TypeError, /promise/);
    assert.throws(() => new (PromiseRejectionEvent as unknown as new (type: string) => unknown)("x"), TypeError, /2 arguments/);
  },
  "the global is an EventTarget": inIsolate(({ assert }) => {
    let self: unknown;
    let target: unknown;
    scope.addEventListener(
      "custom",
      function (this: unknown, event: any) {
        self = this;
        target = event.target;
      },
      { once: true },
    );
    const { dispatchEvent } = scope;
    assert.isTrue(dispatchEvent(new scope.Event("custom")));
    assert.equal(self, globalThis);
    assert.equal(target, globalThis);
    assert.equal(scope.self, globalThis);
  }),
  "reportError fires error with the value": inIsolate(async ({ globals: { reportError }, assert }) => {
    const error = new TypeError("reported");
    const events = await collect("error", () => {
      reportError(error);
      reportError("just text");
    });
    assert.equal(events.length, 2);
    assert.equal(events[0].error, error);
    assert.match(events[0].message, /Uncaught TypeError: reported/);
    assert.isAbove(events[0].lineno, 0);
    assert.isAbove(events[0].colno, 0);
    assert.isNotEmpty(events[0].filename);
    assert.isTrue(events[0].isTrusted);
    assert.equal(events[1].error, "just text");
    assert.equal(events[1].message, "Uncaught just text");
  }),
  "onerror gets five arguments; true means handled": inIsolate(({ globals: { reportError }, assert }) => {
    const error = new Error("for onerror");
    let given: unknown[] = [];
    scope.onerror = (...args: unknown[]) => {
      given = args;
      return true;
    };
    reportError(error);
    assert.equal(given.length, 5);
    assert.match(given[0] as string, /for onerror/);
    assert.equal(given[4], error);
    scope.onerror = null;
    assert.isNull(scope.onerror);
  }),
  "an error in a listener is reported, the others run": inIsolate(async ({ globals: { Event, EventTarget }, assert }) => {
    const target = new EventTarget();
    const log: string[] = [];
    target.addEventListener("x", () => {
      throw new Error("from listener");
    });
    target.addEventListener("x", { handleEvent: 5 } as never);
    target.addEventListener("x", () => log.push("ran"));
    const events = await collect("error", () => target.dispatchEvent(new Event("x")));
    assert.deepEqual(log, ["ran"]);
    assert.equal(events.length, 2);
    assert.equal(events[0].error.message, "from listener");
    assert.isTrue(events[1].error instanceof TypeError);
  }),
  "unhandledrejection for a promise nobody handles": inIsolate(async ({ assert }) => {
    const reason = new Error("nobody");
    let promise: unknown;
    const events = await collect("unhandledrejection", () => {
      promise = Promise.reject(reason);
    });
    assert.equal(events.length, 1);
    assert.equal(events[0].promise, promise);
    assert.equal(events[0].reason, reason);
    assert.isTrue(events[0].cancelable);
  }),
  "none when it is handled in the same turn": inIsolate(async ({ assert }) => {
    const events = await collect("unhandledrejection", async () => {
      const promise = Promise.reject(new Error("soon handled"));
      await Promise.resolve();
      promise.catch(() => {});
    });
    assert.equal(events.length, 0);
  }),
  "rejectionhandled when it is handled later": inIsolate(async ({ assert }) => {
    let promise: Promise<unknown>;
    await collect("unhandledrejection", () => {
      promise = Promise.reject("late");
    });
    const events = await collect("rejectionhandled", () => promise.catch(() => {}));
    assert.equal(events.length, 1);
    assert.equal(events[0].promise, promise!);
    assert.equal(events[0].reason, "late");
  }),
  "onunhandledrejection and onrejectionhandled": inIsolate(async ({ assert }) => {
    const log: string[] = [];
    scope.onunhandledrejection = (event: any) => {
      log.push(`unhandled ${event.reason}`);
      return false;
    };
    scope.onrejectionhandled = (event: any) => log.push(`handled ${event.reason}`);
    const promise = Promise.reject("r");
    await turn();
    promise.catch(() => {});
    await turn();
    scope.onunhandledrejection = null;
    scope.onrejectionhandled = null;
    assert.deepEqual(log, ["unhandled r", "handled r"]);
  }),
  "reportError: the caller's place, and no getter of the value runs": {
    only: "isolate",
    why: "the host realm has no global events",
    run: ({ globals: { reportError }, assert }) => {
      const target = globalThis as { onerror?: unknown };
      const seen: unknown[][] = [];
      target.onerror = (...args: unknown[]) => {
        seen.push(args);
        return true;
      };
      const log: string[] = [];
      const value = {
        get name() {
          log.push("name");
          return "n";
        },
        get message() {
          log.push("message");
          return "m";
        },
        get stack() {
          log.push("stack");
          return "s";
        },
      };
      for (const each of [1, undefined, value, new TypeError("made here")]) reportError(each);
      target.onerror = null;
      assert.deepEqual(log, []);
      assert.deepEqual(
        seen.map((args) => args[0]),
        ["Uncaught 1", "Uncaught undefined", "Uncaught #<Object>", "Uncaught TypeError: made here"],
      );
      for (const [, filename, lineno, colno] of seen) {
        assert.include(filename as string, "global-events.contract");
        assert.isAbove(lineno as number, 0);
        assert.isAbove(colno as number, 0);
      }
    },
  },
});
// biome-ignore-end lint/suspicious/noExplicitAny: as above
