/**
 * The global names of a realm and their property attributes
 * (https://webidl.spec.whatwg.org/#define-the-global-property-references).
 */
import { defineGroupInterface, loadGroup } from "#groups";
import { apply } from "../internal/primordials.ts";
import { illegalInvocation } from "../internal/webidl.ts";
import { console } from "../web/console/console.ts";
import { AbortController } from "../web/dom/AbortController.ts";
import { AbortSignal } from "../web/dom/AbortSignal.ts";
import { CustomEvent } from "../web/dom/CustomEvent.ts";
import { Event } from "../web/dom/Event.ts";
import { EventTarget } from "../web/dom/EventTarget.ts";
import { DOMException } from "../web/dom-exception/DOMException.ts";
import { atob, btoa } from "../web/encoding/base64.ts";
import { TextDecoder } from "../web/encoding/TextDecoder.ts";
import { TextEncoder } from "../web/encoding/TextEncoder.ts";
import { ErrorEvent } from "../web/html/ErrorEvent.ts";
import { queueMicrotask } from "../web/html/microtask.ts";
import { Navigator, navigator } from "../web/html/Navigator.ts";
import { PromiseRejectionEvent } from "../web/html/PromiseRejectionEvent.ts";
import { reportError } from "../web/html/report-error.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "../web/html/timers.ts";
import { URL } from "../web/url/URL.ts";
import { URLSearchParams } from "../web/url/URLSearchParams.ts";
import type { GroupName, Groups } from "./groups.ts";

/** Interfaces and namespaces that every realm has from its start: writable, configurable, not enumerable. */
const interfaces = {
  AbortController,
  AbortSignal,
  CustomEvent,
  DOMException,
  ErrorEvent,
  Event,
  EventTarget,
  Navigator,
  PromiseRejectionEvent,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  console,
};

/** Interfaces that a group of the web layer holds: as those, but loaded when a script first reads one. */
const groupInterfaces: { [Name in GroupName]?: readonly (keyof Groups[Name])[] } = {
  compression: ["CompressionStream", "DecompressionStream"],
  crypto: ["Crypto", "CryptoKey", "SubtleCrypto"],
  fetch: ["Request", "Response"],
  file: ["Blob", "File", "FormData"],
  "file-reader": ["FileReader", "ProgressEvent"],
  headers: ["Headers"],
  messaging: ["MessageChannel", "MessageEvent", "MessagePort"],
  performance: [
    "Performance",
    "PerformanceEntry",
    "PerformanceMark",
    "PerformanceMeasure",
    "PerformanceObserver",
    "PerformanceObserverEntryList",
  ],
  streams: [
    "ByteLengthQueuingStrategy",
    "CountQueuingStrategy",
    "ReadableByteStreamController",
    "ReadableStream",
    "ReadableStreamBYOBReader",
    "ReadableStreamBYOBRequest",
    "ReadableStreamDefaultController",
    "ReadableStreamDefaultReader",
    "TextDecoderStream",
    "TextEncoderStream",
    "TransformStream",
    "TransformStreamDefaultController",
    "WritableStream",
    "WritableStreamDefaultController",
    "WritableStreamDefaultWriter",
  ],
  urlpattern: ["URLPattern"],
};

/** Operations of the global: writable, configurable, enumerable. */
const operations = { atob, btoa, clearInterval, clearTimeout, queueMicrotask, reportError, setInterval, setTimeout };

/** Operations that a group holds: loaded when they are first called. */
const groupOperations: readonly { name: string; length: number; load: () => Function }[] = [
  { name: "fetch", length: 1, load: () => loadGroup("fetch").fetch },
  { name: "structuredClone", length: 1, load: () => loadGroup("clone").structuredClone },
];

/** Read-only attributes of the global: accessors, enumerable. */
const attributes: readonly { name: string; load: () => object; isReplaceable: boolean }[] = [
  { name: "crypto", load: () => loadGroup("crypto").crypto, isReplaceable: false },
  { name: "navigator", load: () => navigator, isReplaceable: false },
  { name: "performance", load: () => loadGroup("performance").performance, isReplaceable: true },
];

/** A bundler may have renamed a function to keep it apart from the global of its name. */
export function nameOperations(): void {
  for (const [name, operation] of Object.entries(operations)) {
    Object.defineProperty(operation, "name", { value: name, configurable: true });
  }
  for (const { name, load } of groupOperations) Object.defineProperty(load(), "name", { value: name, configurable: true });
}

/** Puts every name on a global object. */
export function defineSurface(global: object): void {
  for (const [name, value] of Object.entries(interfaces)) {
    Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable: false });
  }
  for (const [group, names] of Object.entries(groupInterfaces)) {
    for (const name of names) defineGroupInterface(global, name, group as GroupName);
  }
  for (const [name, operation] of Object.entries(operations)) {
    defineOperation(global, name, operation.length, () => operation);
  }
  for (const { name, length, load } of groupOperations) defineOperation(global, name, length, load);
  for (const { name, load, isReplaceable } of attributes) defineAttribute(global, name, load, isReplaceable);
  defineAttribute(global, "self", () => global, true);
}

/**
 * An operation as a method of the global object: without a receiver it is the global's, any other object is
 * refused (https://webidl.spec.whatwg.org/#dfn-create-operation-function).
 */
function defineOperation(global: object, name: string, length: number, load: () => Function): void {
  const returnsPromise = name === "fetch";
  let operation: Function | undefined;
  const { [name]: method } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      if (this !== undefined && this !== null && this !== globalThis) {
        const error = illegalInvocation(name);
        if (returnsPromise) return Promise.reject(error);
        throw error;
      }
      operation ??= load();
      return apply(operation, undefined, args);
    },
  };
  Object.defineProperty(method, "length", { value: length, configurable: true });
  Object.defineProperty(global, name, { value: method, writable: true, configurable: true, enumerable: true });
}

/** A read-only attribute of the global object. */
function defineAttribute(global: object, name: string, load: () => object, isReplaceable: boolean): void {
  const accessors = {
    get [name](): object {
      checkReceiver(this, name);
      return load();
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
