/**
 * The names of the global object and their attributes
 * (https://webidl.spec.whatwg.org/#define-the-global-property-references), and that every interface looks as
 * IDL says.
 */
import { cases } from "../../contract/cases.ts";

const interfaces = [
  "AbortController",
  "AbortSignal",
  "Blob",
  "CompressionStream",
  "CustomEvent",
  "DecompressionStream",
  "DOMException",
  "ErrorEvent",
  "Event",
  "EventTarget",
  "File",
  "FormData",
  "Headers",
  "MessageChannel",
  "MessageEvent",
  "MessagePort",
  "Navigator",
  "Performance",
  "PerformanceEntry",
  "PerformanceMark",
  "PerformanceMeasure",
  "PerformanceObserver",
  "PerformanceObserverEntryList",
  "PromiseRejectionEvent",
  "Request",
  "Response",
  "TextDecoder",
  "TextDecoderStream",
  "TextEncoder",
  "TextEncoderStream",
  "URL",
  "URLPattern",
  "URLSearchParams",
];
const operations = [
  "atob",
  "btoa",
  "clearInterval",
  "clearTimeout",
  "fetch",
  "queueMicrotask",
  "reportError",
  "setInterval",
  "setTimeout",
  "structuredClone",
];

export default cases({
  "every interface and operation is there": ({ globals, assert }) => {
    for (const name of [...interfaces, ...operations]) {
      const value = (globals as unknown as Record<string, unknown>)[name];
      assert.isFunction(value, name);
      assert.equal((value as Function).name, name);
    }
  },
  "interfaces: prototype, tag, enumerable members": ({ globals, assert }) => {
    for (const name of interfaces) {
      const Interface = (globals as unknown as Record<string, { prototype: object }>)[name]!;
      const descriptor = Object.getOwnPropertyDescriptor(Interface, "prototype")!;
      assert.deepEqual([descriptor.writable, descriptor.enumerable, descriptor.configurable], [false, false, false], name);
      assert.deepEqual(Object.getOwnPropertyDescriptor(Interface.prototype, Symbol.toStringTag), {
        value: name,
        writable: false,
        enumerable: false,
        configurable: true,
      });
      for (const key of Reflect.ownKeys(Interface.prototype)) {
        if (typeof key === "symbol") continue;
        const member = Object.getOwnPropertyDescriptor(Interface.prototype, key)!;
        assert.equal(member.enumerable, key !== "constructor", `${name}.${key}`);
        if (member.get !== undefined) assert.equal(member.get.name, `get ${key}`);
        if (typeof member.value === "function" && key !== "constructor") assert.isFalse("prototype" in member.value, `${name}.${key}`);
      }
      assert.throws(() => (Interface as unknown as () => void)(), TypeError);
    }
  },
  "global properties: interfaces are hidden, operations enumerable": {
    only: "isolate",
    why: "the host realm exports them from a module",
    run: ({ assert }) => {
      for (const name of [...interfaces, "console"]) {
        const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name)!;
        assert.deepEqual([writable, enumerable, configurable], [true, false, true], name);
      }
      for (const name of operations) {
        const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name)!;
        assert.deepEqual([writable, enumerable, configurable], [true, true, true], name);
      }
      const self = Object.getOwnPropertyDescriptor(globalThis, "self")!;
      assert.isFunction(self.get);
      assert.isTrue(self.enumerable);
    },
  },
  "the global object is an EventTarget whose prototype never changes": {
    only: "isolate",
    why: "Node's global is not ours",
    run: ({ globals: { EventTarget, Event }, assert }) => {
      assert.isTrue(globalThis instanceof EventTarget);
      assert.equal(Object.prototype.toString.call(globalThis), "[object global]");
      const prototype = Object.getPrototypeOf(globalThis) as object;
      assert.equal(Object.getPrototypeOf(prototype), EventTarget.prototype);
      assert.throws(() => Object.setPrototypeOf(globalThis, {}), TypeError);
      assert.isFalse(Reflect.setPrototypeOf(globalThis, {}));
      assert.isTrue(Reflect.setPrototypeOf(globalThis, prototype));
      const target = globalThis as unknown as InstanceType<typeof EventTarget>;
      assert.equal(target.addEventListener, EventTarget.prototype.addEventListener);
      let seen: unknown;
      const listener = (event: { target: unknown }): void => {
        seen = event.target;
      };
      target.addEventListener("x", listener);
      target.dispatchEvent(new Event("x"));
      target.removeEventListener("x", listener);
      assert.equal(seen, globalThis);
    },
  },
  "operations and attributes of the global refuse another this": {
    only: "isolate",
    why: "they are methods of the global there",
    run: async ({ assert }) => {
      const other = Object.create(globalThis) as Record<string, (...args: unknown[]) => unknown>;
      assert.throws(() => other.setInterval!(() => {}, 100), TypeError);
      assert.throws(() => other.btoa!(""), TypeError);
      assert.throws(() => other.self, TypeError);
      assert.throws(() => other.performance, TypeError);
      let error: unknown;
      await Reflect.apply(fetch, {}, ["x"]).catch((caught: unknown) => {
        error = caught;
      });
      assert.isTrue(error instanceof TypeError);
      assert.equal(Reflect.apply(btoa, undefined, ["a"]), "YQ==");
      assert.equal(Reflect.apply(btoa, globalThis, ["a"]), "YQ==");
    },
  },
  "nothing of Node and nothing of ours leaks into an isolate": {
    only: "isolate",
    why: "Node is there in the host realm",
    run: ({ assert }) => {
      for (const name of [
        "process",
        "require",
        "module",
        "exports",
        "Buffer",
        "global",
        "__dirname",
        "setImmediate",
        "ops",
        "intrinsics",
      ]) {
        assert.isFalse(name in globalThis, name);
      }
      assert.isFalse("CLI" in globalThis);
    },
  },
  "console is a namespace object": ({ globals: { console }, assert }) => {
    assert.equal(Object.prototype.toString.call(console), "[object console]");
    const prototype = Object.getPrototypeOf(console) as object;
    assert.deepEqual(Reflect.ownKeys(prototype), []);
    assert.equal(Object.getPrototypeOf(prototype), Object.prototype);
    const names =
      "assert clear debug error info log table trace warn dir dirxml count countReset group groupCollapsed groupEnd time timeLog timeEnd";
    for (const name of names.split(" ")) {
      const descriptor = Object.getOwnPropertyDescriptor(console, name)!;
      assert.isFunction(descriptor.value, name);
      assert.equal(descriptor.value.name, name);
      assert.deepEqual([descriptor.writable, descriptor.enumerable, descriptor.configurable], [true, true, true]);
      assert.isFalse("prototype" in descriptor.value, name);
    }
  },
});
