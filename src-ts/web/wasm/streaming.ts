/**
 * WebAssembly.compileStreaming and instantiateStreaming (https://webassembly.github.io/spec/web-api/#streaming-modules).
 *
 * A module is compiled when its whole body is there; V8 does that on its own threads.
 */
import { defineProperty, getterOf, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { Headers } from "../fetch/Headers.ts";
import { isResponse, Response } from "../fetch/Response.ts";

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
const isOk = getterOf<boolean>(Response.prototype, "ok");
const statusOf = getterOf<number>(Response.prototype, "status");
const headersOf = getterOf<Headers>(Response.prototype, "headers");
const arrayBuffer = uncurryThis(Response.prototype.arrayBuffer) as (response: Response) => Promise<ArrayBuffer>;
const getHeader = uncurryThis(Headers.prototype.get) as (headers: Headers, name: string) => string | null;
const exec = uncurryThis(RegExp.prototype.exec);

/**
 * The bytes of a potential WebAssembly response
 * (https://webassembly.github.io/spec/web-api/#compile-a-potential-webassembly-response).
 * @throws TypeError for what is no response, has another status than 200 to 299, or another type than application/wasm
 */
function bytesOf(source: unknown, context: string): Promise<ArrayBuffer> {
  if (!isResponse(source)) throw webidl.conversionError(`${context}: argument 1`, "a Response, or a promise for one", source);
  const type = getHeader(headersOf(source), "content-type");
  if (type === null || exec(/^[\t ]*application\/wasm[\t ]*$/i, type) === null) {
    throw new TypeError(
      `${context}: the response's Content-Type must be application/wasm, got ${type === null ? "none" : webidl.describe(type)}`,
    );
  }
  if (!isOk(source)) throw new TypeError(`${context}: the response's status must be 200 to 299, got ${statusOf(source)}`);
  return arrayBuffer(source);
}

const methods = {
  /** @param source a Response, or a promise for one */
  async compileStreaming(source: unknown): Promise<object> {
    const context = "WebAssembly.compileStreaming";
    webidl.requireArguments(arguments.length, 1, context);
    return native.compile(await then(resolve(source), (response) => bytesOf(response, context)));
  },

  /** @param source a Response, or a promise for one */
  async instantiateStreaming(source: unknown, importObject: unknown = undefined): Promise<object> {
    const context = "WebAssembly.instantiateStreaming";
    webidl.requireArguments(arguments.length, 1, context);
    const imports = importObject === undefined ? undefined : webidl.object(importObject, `${context}: argument 2`);
    return native.instantiate(await then(resolve(source), (response) => bytesOf(response, context)), imports);
  },
};

/** Puts them on a global's WebAssembly, in place of what may be there. */
export function defineWasmStreaming(global: object): void {
  const namespace = (global as { WebAssembly: WebAssemblyNamespace }).WebAssembly;
  const { compile, instantiate } = namespace;
  native = { compile, instantiate };
  for (const [name, value] of Object.entries(methods)) {
    defineProperty(namespace, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
