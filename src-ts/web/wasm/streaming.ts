/**
 * WebAssembly.compileStreaming and instantiateStreaming (https://webassembly.github.io/spec/web-api/#streaming-modules).
 *
 * A module is compiled when its whole body is there; V8 does that on its own threads.
 */
import { defineProperty, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import type { bytesOf } from "./response-bytes.ts";

/** The part of the namespace that is used and extended; not among the types of every ECMAScript library. */
interface WebAssemblyNamespace {
  compile(bytes: ArrayBuffer): Promise<object>;
  instantiate(bytes: ArrayBuffer, importObject?: object): Promise<object>;
}

/** V8's; not there yet when a snapshot is made. */
let native: WebAssemblyNamespace;
const NativePromise = Promise;
const then = uncurryThis(Promise.prototype.then) as <T, R>(promise: Promise<T>, fulfilled: (value: T) => R | Promise<R>) => Promise<R>;
const resolve = (value: unknown): Promise<unknown> => NativePromise.resolve(value);

/** `bytesOf` of response-bytes.ts, which is loaded with the classes of fetch. */
let loadBytesOf: () => typeof bytesOf;

const methods = {
  /** @param source a Response, or a promise for one */
  async compileStreaming(source: unknown): Promise<object> {
    const context = "WebAssembly.compileStreaming";
    webidl.requireArguments(arguments.length, 1, context);
    return native.compile(await then(resolve(source), (response) => loadBytesOf()(response, context)));
  },

  /** @param source a Response, or a promise for one */
  async instantiateStreaming(source: unknown, importObject: unknown = undefined): Promise<object> {
    const context = "WebAssembly.instantiateStreaming";
    webidl.requireArguments(arguments.length, 1, context);
    const imports = importObject === undefined ? undefined : webidl.object(importObject, `${context}: argument 2`);
    return native.instantiate(await then(resolve(source), (response) => loadBytesOf()(response, context)), imports);
  },
};

/**
 * Puts them on a global's WebAssembly, in place of what may be there.
 * @param load gives `bytesOf` of response-bytes.ts; called when a module is to be compiled
 */
export function defineWasmStreaming(global: object, load: () => typeof bytesOf): void {
  loadBytesOf = load;
  const namespace = (global as { WebAssembly: WebAssemblyNamespace }).WebAssembly;
  const { compile, instantiate } = namespace;
  native = { compile, instantiate };
  for (const [name, value] of Object.entries(methods)) {
    defineProperty(namespace, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
