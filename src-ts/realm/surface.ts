/**
 * The global names of a realm and their property attributes
 * (https://webidl.spec.whatwg.org/#define-the-global-property-references).
 */
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
import { fetch } from "../web/fetch/fetch.ts";
import { Headers } from "../web/fetch/Headers.ts";
import { Request } from "../web/fetch/Request.ts";
import { Response } from "../web/fetch/Response.ts";
import { ErrorEvent } from "../web/html/ErrorEvent.ts";
import { queueMicrotask } from "../web/html/microtask.ts";
import { PromiseRejectionEvent } from "../web/html/PromiseRejectionEvent.ts";
import { reportError } from "../web/html/report-error.ts";
import { structuredClone } from "../web/html/structured-clone.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "../web/html/timers.ts";
import { URL } from "../web/url/URL.ts";
import { URLSearchParams } from "../web/url/URLSearchParams.ts";

/** Interfaces and namespaces: writable, configurable, not enumerable. */
export const interfaces = {
  AbortController,
  AbortSignal,
  CustomEvent,
  DOMException,
  ErrorEvent,
  Event,
  EventTarget,
  Headers,
  PromiseRejectionEvent,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
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

// A bundler may have renamed a function to keep it apart from the global of its name.
for (const [name, operation] of Object.entries(operations)) {
  Object.defineProperty(operation, "name", { value: name, configurable: true });
}

/** Puts every name on a global object. */
export function defineSurface(global: object): void {
  for (const [name, value] of Object.entries(interfaces)) {
    Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable: false });
  }
  for (const [name, value] of Object.entries(operations)) {
    Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable: true });
  }
}
