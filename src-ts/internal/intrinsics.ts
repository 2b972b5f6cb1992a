/**
 * What only V8 itself can do, offered to the web layer by native/v8-bridge/intrinsics.cc.
 *
 * Everything else native is an op (see ops.gen.ts). Both kinds of realm get the same object.
 */

import type { CloneShape, ObjectKind } from "./numbers.gen.ts";

/** V8's view of a rejected promise (v8::PromiseRejectEvent). */
export const enum RejectionEvent {
  RejectWithNoHandler = 0,
  HandlerAddedAfterReject = 1,
}

/** What native code calls in JavaScript. Each call is one macrotask; microtasks are drained after it. */
export interface RealmHooks {
  /** Runs the callback of one due timer; true while another timer is due. */
  runTimer(): boolean;
  /** Runs one queued task; true while another one waits. */
  runTask(): boolean;
  /**
   * Makes the error that an op failed with.
   * @param errorClass "TypeError", "RangeError", "Error", "SyntaxError" or "DOMException:<name>"
   * @param code a stable code such as "ECONNREFUSED", or "" for none
   * @param detail JSON text with more properties (host, port, phase …), or "" for none
   */
  makeError(errorClass: string, message: string, code: string, detail: string): unknown;
  /** Isolate realms only: V8 saw a promise rejected without a handler, or handled after all. */
  promiseRejected(event: RejectionEvent, promise: Promise<unknown>, reason: unknown): void;
  /** Isolate realms only: after the microtasks are drained, reports rejections that are still unhandled. */
  notifyRejections(): void;
  /** Isolate realms only: "report an exception" (HTML). True when a handler called preventDefault(). */
  reportException(error: unknown): boolean;
  /** Isolate realms only: the text that the console would print for an uncaught value (stack, cause …). */
  inspectError(error: unknown): string;
  /** Isolate realms only: `import.meta.resolve(specifier)` of the module at `base`; throws TypeError for bare specifiers. */
  importMetaResolve(specifier: unknown, base: string): string;
  /** Isolate realms only: defines the CLI global (`nano run`); called before the script, after the snapshot. */
  installCli(args: string[], env: Record<string, string>): void;
  /** The interface of a platform object, undefined of other objects. */
  interfaceNameOf(value: object): string | undefined;
  /** Isolate realms only: the value of a property that defineLazyProperty made. */
  loadMember(part: number, name: string): unknown;
  /** Makes what V8 looks up on its own promises unchangeable; false when it was changed already. */
  pinSpecies?(): boolean;
  /** Isolate realms only: runs the main paths once, so that the startup snapshot holds their bytecode. */
  warmUp(): void;
  /** Isolate realms only: loads all parts of the bundle and runs their main paths once, for the code cache. */
  warmUpGroups(): void;
  /** Isolate realms only: called once, before the first script; adds what a snapshot cannot hold. */
  begin(): void;
}

export interface Intrinsics {
  readonly realm: "host" | "isolate";
  /** Called once, when the web layer is set up. */
  setHooks(hooks: RealmHooks): void;
  /** Isolate realms only: fails the script that runs with an error that nobody handled. */
  failRealm(error: unknown): void;
  /** Isolate realms only: stops the script at once; the CLI's exit code (0 to 255). Does not return. */
  exit(code: number): never;
  /** HTML's "structured clone" by V8's serializer; throws DataCloneError. Transferred buffers are detached. */
  structuredClone(value: unknown, transfer: readonly ArrayBuffer[]): unknown;
  /** The buffer's memory under a new buffer, the old one detached; undefined when it cannot be or is detached. */
  transferArrayBuffer(buffer: ArrayBuffer): ArrayBuffer | undefined;
  /** As if an op kept the view's buffer, of which it gets a copy: see native/v8-bridge/buffer_garbage.h. */
  countBuffer(view: ArrayBufferView): void;
  /**
   * Whether a resizable, growable or shared Wasm buffer may have so many bytes; they count for the realm from then on. True for
   * what V8 itself refuses, and for other values.
   */
  admitMapped(buffer: object, bytes: number): boolean;
  /** Isolate realms only: compiles a part of the bundle, whose value is a function (realm/groups-isolate.ts). */
  compilePart(part: number): (...args: unknown[]) => Record<string, unknown>;
  /**
   * Isolate realms only: a writable, configurable, not enumerable data property, whose value is what the hook
   * `loadMember` returns when a script first asks for it.
   */
  defineLazyProperty(object: object, name: string, part: number): void;
  /** Puts a callback on V8's microtask queue; what it throws is reported, not lost. */
  enqueueMicrotask(callback: () => void): void;
  /** Has the hook `runTask` called soon: again and again until it returns false. */
  queueTask(): void;
  /** What an "error" event says of an uncaught value; runs none of its getters. Line and column are 0 when unknown. */
  describeUncaught(error: unknown): [message: string, filename: string, line: number, column: number];
  /** How structuredClone is to copy an object; runs no user code. */
  cloneShape(value: object): CloneShape;
  /**
   * An object with the same prototype, own properties (accessors as they are) and private fields. Several times cheaper than
   * defining an accessor on a new one.
   */
  copyObject<Value extends object>(value: Value): Value;
  /** Which internal slot `value` has. */
  classify(value: object): ObjectKind;
  /** [0 pending | 1 fulfilled | 2 rejected, result or undefined] */
  promiseDetails(promise: Promise<unknown>): [0 | 1 | 2, unknown];
  /** [target, handler] of a proxy, undefined of anything else; [null, null] when it was revoked. */
  proxyDetails(value: object): [object | null, object | null] | undefined;
  /** Entries of a Map, Set, WeakMap, WeakSet or of one of their iterators, without running user code. */
  previewEntries(value: object): [entries: unknown[], isKeyValue: boolean] | undefined;
  /** The class name V8 knows, even when `constructor` was tampered with. */
  constructorName(value: object): string;
  /** Own property keys that are not array indices (strings and symbols; enumerable ones only when asked). */
  ownNonIndexProperties(value: object, onlyEnumerable: boolean): PropertyKey[];
  /** The stack's call sites above the caller are hidden from `error.stack`. */
  captureStackTrace(error: object, above?: Function): void;
}
