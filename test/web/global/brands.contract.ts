/**
 * Every member of every interface refuses a `this` of another kind
 * (https://webidl.spec.whatwg.org/#dfn-attribute-getter, #dfn-create-operation-function), operations that return
 * promises by a rejection; and every required argument is asked for.
 */
import { type Assert, cases, type Globals } from "../../contract/cases.ts";

type Class = { name: string; prototype: object; new (...args: unknown[]): unknown };

function interfacesOf(globals: Globals): Class[] {
  const isInterface = (value: unknown): value is Class =>
    typeof value === "function" &&
    typeof value.prototype === "object" &&
    Object.hasOwn(value.prototype as object, Symbol.toStringTag) &&
    value !== (globals as { Isolate?: unknown }).Isolate;
  const names = "Symbol" in globals ? Object.getOwnPropertyNames(globals) : Object.keys(globals);
  const inNano = names.filter((name) => isWebName(name)).map((name) => (globals as unknown as Record<string, unknown>)[name]);
  return inNano.filter(isInterface);
}

/** In an isolate the names are those of the global object, ECMAScript's among them. */
function isWebName(name: string): boolean {
  return (
    /^[A-Z]/.test(name) &&
    !/Array$|^(ArrayBuffer|SharedArrayBuffer|DataView|Promise|Map|Set|WeakMap|WeakSet|WeakRef|Symbol|BigInt|JSON|Math|Atomics|Reflect|Intl|FinalizationRegistry|Iterator|WebAssembly|Temporal|DisposableStack|AsyncDisposableStack)$/.test(
      name,
    )
  );
}

interface Member {
  /** Such as "URL.href" or "URL.href=". */
  name: string;
  call(self: unknown, args: readonly unknown[]): unknown;
}

function membersOf(Interface: Class): Member[] {
  const members: Member[] = [];
  for (const key of Object.getOwnPropertyNames(Interface.prototype)) {
    if (key === "constructor") continue;
    const { get, set, value } = Object.getOwnPropertyDescriptor(Interface.prototype, key)!;
    const name = `${Interface.name}.${key}`;
    if (get !== undefined) members.push({ name, call: (self) => Reflect.apply(get, self, []) });
    if (set !== undefined) members.push({ name: `${name}=`, call: (self) => Reflect.apply(set, self, [""]) });
    if (typeof value === "function") members.push({ name, call: (self, args) => Reflect.apply(value, self, args) });
  }
  return members;
}

/** What a call throws, or what its promise is rejected with. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

function assertTypeError(assert: Assert, error: unknown, what: string): void {
  assert.instanceOf(error, TypeError, `${what} gave ${String(error)}`);
}

/** V8 has words of its own for the primitives. */
const others: readonly unknown[] = [{}, () => {}, null, undefined, 1];

export default cases({
  "members refuse a this of another kind": async ({ globals, assert, realm }) => {
    const interfaces = interfacesOf(globals);
    assert.isAtLeast(interfaces.length, 50);
    let count = 0;
    for (const Interface of interfaces) {
      for (const { name, call } of membersOf(Interface)) {
        for (const other of [Object.create(Interface.prototype) as object, ...others]) {
          // Without a receiver it is the global's, which is an EventTarget.
          if (realm === "isolate" && Interface.name === "EventTarget" && (other ?? null) === null) continue;
          const error = await failureOf(() => call(other, [{}, {}, {}, {}, {}, {}, {}]));
          assertTypeError(assert, error, `${name} of ${Object.prototype.toString.call(other)}`);
          if (Object(other) === other) assert.match((error as Error).message, /^Illegal invocation: /, name);
        }
        count += 1;
      }
    }
    assert.isAtLeast(count, 200);
  },

  "an event handler attribute is of its own interface": ({ globals: { AbortSignal, EventTarget, MessageChannel }, assert }) => {
    const { get, set } = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "onabort")!;
    const { port1 } = new MessageChannel();
    for (const other of [port1, new EventTarget(), null]) {
      assert.throws(() => get!.call(other), /^Illegal invocation: AbortSignal\.onabort/);
      assert.throws(() => set!.call(other, () => {}), /^Illegal invocation: AbortSignal\.onabort/);
    }
    port1.close();
  },

  "promise-returning operations reject, others throw": async ({ globals: { ReadableStream, WritableStream, Blob, Response }, assert }) => {
    const rejecting = [
      ReadableStream.prototype.cancel,
      ReadableStream.prototype.pipeTo,
      WritableStream.prototype.abort,
      Blob.prototype.text,
      Response.prototype.json,
    ] as ((this: unknown, ...args: unknown[]) => unknown)[];
    for (const operation of rejecting) {
      const promise = Reflect.apply(operation, {}, []) as Promise<unknown>;
      assert.instanceOf(promise, Promise as never);
      assertTypeError(assert, await failureOf(() => promise), operation.name);
    }
    assert.throws(() => ReadableStream.prototype.getReader.call({} as never), TypeError);
  },

  "interfaces without a constructor": ({ globals, assert }) => {
    const names = [
      "AbortSignal",
      "Crypto",
      "CryptoKey",
      "MessagePort",
      "Navigator",
      "Performance",
      "PerformanceEntry",
      "PerformanceMeasure",
      "PerformanceObserverEntryList",
      "ReadableByteStreamController",
      "ReadableStreamBYOBRequest",
      "ReadableStreamDefaultController",
      "SubtleCrypto",
      "TransformStreamDefaultController",
      "WritableStreamDefaultController",
    ];
    for (const name of names) {
      const Interface = (globals as unknown as Record<string, Class>)[name]!;
      assert.throws(() => new Interface(), /^Illegal constructor: /, undefined, name);
      assert.throws(() => new Interface({}, {}, {}), TypeError, undefined, name);
    }
  },
});
