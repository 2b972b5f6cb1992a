/**
 * What ECMA-429, the Minimum common web API (https://min-common-api.proposal.wintertc.org/), asks for, and how nano
 * differs from it.
 */

/** The interfaces on the global object. */
export const requiredInterfaces: readonly string[] = [
  "AbortController",
  "AbortSignal",
  "Blob",
  "ByteLengthQueuingStrategy",
  "CompressionStream",
  "CountQueuingStrategy",
  "Crypto",
  "CryptoKey",
  "CustomEvent",
  "DOMException",
  "DecompressionStream",
  "ErrorEvent",
  "Event",
  "EventTarget",
  "File",
  "FormData",
  "Headers",
  "MessageChannel",
  "MessageEvent",
  "MessagePort",
  "Performance",
  "PromiseRejectionEvent",
  "ReadableByteStreamController",
  "ReadableStream",
  "ReadableStreamBYOBReader",
  "ReadableStreamBYOBRequest",
  "ReadableStreamDefaultController",
  "ReadableStreamDefaultReader",
  "Request",
  "Response",
  "SubtleCrypto",
  "TextDecoder",
  "TextDecoderStream",
  "TextEncoder",
  "TextEncoderStream",
  "TransformStream",
  "TransformStreamDefaultController",
  "URL",
  "URLPattern",
  "URLSearchParams",
  "WritableStream",
  "WritableStreamDefaultController",
  "WritableStreamDefaultWriter",
];

/** Interfaces and functions of WebAssembly. */
export const requiredWebAssembly: readonly string[] = [
  "WebAssembly.CompileError",
  "WebAssembly.Exception",
  "WebAssembly.Global",
  "WebAssembly.Instance",
  "WebAssembly.JSTag",
  "WebAssembly.LinkError",
  "WebAssembly.Memory",
  "WebAssembly.Module",
  "WebAssembly.RuntimeError",
  "WebAssembly.Table",
  "WebAssembly.Tag",
  "WebAssembly.compile",
  "WebAssembly.compileStreaming",
  "WebAssembly.instantiate",
  "WebAssembly.instantiateStreaming",
  "WebAssembly.validate",
];

/** Methods and properties of the global object. */
export const requiredMembers: readonly string[] = [
  "atob",
  "btoa",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "navigator.userAgent",
  "onerror",
  "onrejectionhandled",
  "onunhandledrejection",
  "performance",
  "queueMicrotask",
  "reportError",
  "self",
  "setInterval",
  "setTimeout",
  "structuredClone",
];

/** Where nano differs from the standard that defines the name, on purpose or by what it runs on. */
export const deviations: Readonly<Record<string, string>> = {
  fetch:
    'no page is around it: no origin, CORS, cookies, cache or referrer; mode, cache and credentials are accepted and change nothing; redirect "manual" gives the redirect itself; a response whose framing RFC 9112 calls invalid is a network error',
  Headers: "no forbidden header names: a server program sets them all",
  MessagePort: "one that is garbage collected fires no close event at the other",
  Performance: "no resource timing: fetches leave no entries behind",
  Request: "no page is around it: relative URLs need a base, referrer and mode change nothing",
  setTimeout: "code in a string is not compiled: it throws a TypeError",
  setInterval: "code in a string is not compiled: it throws a TypeError",
  "WebAssembly.JSTag": "V8 has it from version 12 on, so not on Node 20",
};

/** All of them, in groups. */
export const requiredNames: readonly (readonly [group: string, names: readonly string[]])[] = [
  ["Interfaces", requiredInterfaces],
  ["WebAssembly", requiredWebAssembly],
  ["Global members", requiredMembers],
];

/** Conforming: test/conformance holds it to that. */
export type State = "conforming" | "deviates" | "missing";

export interface ListItem {
  name: string;
  state: State;
  /** Of a deviation. */
  because?: string;
}

/** @param isPresent which of the names there are, in a realm */
export function conformanceList(isPresent: (name: string) => boolean): { group: string; items: ListItem[] }[] {
  return requiredNames.map(([group, names]) => ({
    group,
    items: names.map((name) => {
      const because = deviations[name];
      if (!isPresent(name)) return { name, state: "missing", ...(because === undefined ? {} : { because }) };
      return because === undefined ? { name, state: "conforming" } : { name, state: "deviates", because };
    }),
  }));
}

/** A script whose value is the list of those names that its realm has. */
export const probeSource: string = `
(() => {
  const names = ${JSON.stringify([...requiredInterfaces, ...requiredWebAssembly, ...requiredMembers])};
  const has = (path) => {
    let value = globalThis;
    for (const part of path.split(".")) {
      if (Object(value) !== value || !(part in value)) return false;
      value = value[part];
    }
    return true;
  };
  return names.filter(has);
})()`;
