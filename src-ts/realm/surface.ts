/**
 * The global names of a realm and their property attributes
 * (https://webidl.spec.whatwg.org/#define-the-global-property-references).
 */
import { apply } from "../internal/primordials.ts";
import { illegalInvocation } from "../internal/webidl.ts";
import { CompressionStream } from "../web/compression/CompressionStream.ts";
import { DecompressionStream } from "../web/compression/DecompressionStream.ts";
import { console } from "../web/console/console.ts";
import { Crypto, crypto } from "../web/crypto/Crypto.ts";
import { CryptoKey } from "../web/crypto/CryptoKey.ts";
import { SubtleCrypto } from "../web/crypto/SubtleCrypto.ts";
import { AbortController } from "../web/dom/AbortController.ts";
import { AbortSignal } from "../web/dom/AbortSignal.ts";
import { CustomEvent } from "../web/dom/CustomEvent.ts";
import { Event } from "../web/dom/Event.ts";
import { EventTarget } from "../web/dom/EventTarget.ts";
import { DOMException } from "../web/dom-exception/DOMException.ts";
import { atob, btoa } from "../web/encoding/base64.ts";
import { TextDecoder } from "../web/encoding/TextDecoder.ts";
import { TextDecoderStream } from "../web/encoding/TextDecoderStream.ts";
import { TextEncoder } from "../web/encoding/TextEncoder.ts";
import { TextEncoderStream } from "../web/encoding/TextEncoderStream.ts";
import { fetch } from "../web/fetch/fetch.ts";
import { Headers } from "../web/fetch/Headers.ts";
import { Request } from "../web/fetch/Request.ts";
import { Response } from "../web/fetch/Response.ts";
import { Blob } from "../web/file/Blob.ts";
import { File } from "../web/file/File.ts";
import { FileReader } from "../web/file/FileReader.ts";
import { FormData } from "../web/file/FormData.ts";
import { ProgressEvent } from "../web/file/ProgressEvent.ts";
import { ErrorEvent } from "../web/html/ErrorEvent.ts";
import { queueMicrotask } from "../web/html/microtask.ts";
import { Navigator, navigator } from "../web/html/Navigator.ts";
import { PromiseRejectionEvent } from "../web/html/PromiseRejectionEvent.ts";
import { reportError } from "../web/html/report-error.ts";
import { structuredClone } from "../web/html/structured-clone.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "../web/html/timers.ts";
import { MessageChannel } from "../web/messaging/MessageChannel.ts";
import { MessageEvent } from "../web/messaging/MessageEvent.ts";
import { MessagePort } from "../web/messaging/MessagePort.ts";
import { Performance, performance } from "../web/performance/Performance.ts";
import { PerformanceEntry } from "../web/performance/PerformanceEntry.ts";
import { PerformanceMark } from "../web/performance/PerformanceMark.ts";
import { PerformanceMeasure } from "../web/performance/PerformanceMeasure.ts";
import { PerformanceObserver, PerformanceObserverEntryList } from "../web/performance/PerformanceObserver.ts";
import { ByteLengthQueuingStrategy } from "../web/streams/ByteLengthQueuingStrategy.ts";
import { CountQueuingStrategy } from "../web/streams/CountQueuingStrategy.ts";
import { ReadableByteStreamController } from "../web/streams/ReadableByteStreamController.ts";
import { ReadableStream } from "../web/streams/ReadableStream.ts";
import { ReadableStreamBYOBReader } from "../web/streams/ReadableStreamBYOBReader.ts";
import { ReadableStreamBYOBRequest } from "../web/streams/ReadableStreamBYOBRequest.ts";
import { ReadableStreamDefaultController } from "../web/streams/ReadableStreamDefaultController.ts";
import { ReadableStreamDefaultReader } from "../web/streams/ReadableStreamDefaultReader.ts";
import { TransformStream } from "../web/streams/TransformStream.ts";
import { TransformStreamDefaultController } from "../web/streams/TransformStreamDefaultController.ts";
import { WritableStream } from "../web/streams/WritableStream.ts";
import { WritableStreamDefaultController } from "../web/streams/WritableStreamDefaultController.ts";
import { WritableStreamDefaultWriter } from "../web/streams/WritableStreamDefaultWriter.ts";
import { URL } from "../web/url/URL.ts";
import { URLSearchParams } from "../web/url/URLSearchParams.ts";
import { URLPattern } from "../web/url/urlpattern/URLPattern.ts";

/** Interfaces and namespaces: writable, configurable, not enumerable. */
export const interfaces = {
  AbortController,
  AbortSignal,
  Blob,
  ByteLengthQueuingStrategy,
  CompressionStream,
  CountQueuingStrategy,
  Crypto,
  CryptoKey,
  CustomEvent,
  DOMException,
  DecompressionStream,
  ErrorEvent,
  Event,
  EventTarget,
  File,
  FileReader,
  FormData,
  Headers,
  MessageChannel,
  MessageEvent,
  MessagePort,
  Navigator,
  Performance,
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  PerformanceObserver,
  PerformanceObserverEntryList,
  ProgressEvent,
  PromiseRejectionEvent,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  Request,
  Response,
  SubtleCrypto,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
  TransformStream,
  TransformStreamDefaultController,
  URL,
  URLPattern,
  URLSearchParams,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
  console,
};

/** Operations of the global: writable, configurable, enumerable. */
export const operations = {
  atob,
  btoa,
  clearInterval,
  clearTimeout,
  fetch,
  queueMicrotask,
  reportError,
  setInterval,
  setTimeout,
  structuredClone,
};

interface Attribute {
  value: object;
  /** [Replaceable] (https://webidl.spec.whatwg.org/#Replaceable): setting it makes a property of the global's own. */
  isReplaceable: boolean;
}

/** Read-only attributes of the global: accessors, enumerable. */
export const attributes: Record<string, Attribute> = {
  crypto: { value: crypto, isReplaceable: false },
  navigator: { value: navigator, isReplaceable: false },
  performance: { value: performance, isReplaceable: true },
};

// A bundler may have renamed a function to keep it apart from the global of its name.
for (const [name, operation] of Object.entries(operations)) {
  Object.defineProperty(operation, "name", { value: name, configurable: true });
}

/** Puts every name on a global object. */
export function defineSurface(global: object): void {
  for (const [name, value] of Object.entries(interfaces)) {
    Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable: false });
  }
  for (const [name, operation] of Object.entries(operations)) {
    const value = globalOperation(name, operation as AnyFunction);
    Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable: true });
  }
  for (const [name, { value, isReplaceable }] of Object.entries(attributes)) defineAttribute(global, name, value, isReplaceable);
  defineAttribute(global, "self", global, true);
}

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * An operation as a method of the global object: without a receiver it is the global's, any other object is
 * refused (https://webidl.spec.whatwg.org/#dfn-create-operation-function).
 */
function globalOperation(name: string, operation: AnyFunction): AnyFunction {
  const returnsPromise = name === "fetch";
  const { [name]: method } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      if (this !== undefined && this !== null && this !== globalThis) {
        const error = illegalInvocation(name);
        if (returnsPromise) return Promise.reject(error);
        throw error;
      }
      return apply(operation, undefined, args);
    },
  };
  Object.defineProperty(method, "length", { value: operation.length, configurable: true });
  return method as AnyFunction;
}

/** A read-only attribute of the global object. */
export function defineAttribute(global: object, name: string, value: object, isReplaceable: boolean): void {
  const accessors = {
    get [name](): object {
      checkReceiver(this, name);
      return value;
    },
    set [name](given: unknown) {
      checkReceiver(this, name);
      Object.defineProperty(globalThis, name, { value: given, writable: true, enumerable: true, configurable: true });
    },
  };
  const { get, set } = Object.getOwnPropertyDescriptor(accessors, name)!;
  Object.defineProperty(global, name, { get, set: isReplaceable ? set : undefined, enumerable: true, configurable: true });
}

/** https://webidl.spec.whatwg.org/#dfn-attribute-getter: without a receiver it is the global object. */
function checkReceiver(self: unknown, name: string): void {
  if (self !== undefined && self !== null && self !== globalThis) throw illegalInvocation(name);
}
