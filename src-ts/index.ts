/**
 * nano-runtime for Node programs: the web APIs as classes and functions to import, and isolates.
 */
import "./realm/host-main.ts";

export * from "./sdk/index.ts";
export { console } from "./web/console/console.ts";
export { AbortController } from "./web/dom/AbortController.ts";
export { AbortSignal } from "./web/dom/AbortSignal.ts";
export { CustomEvent, type CustomEventInit } from "./web/dom/CustomEvent.ts";
export { Event, type EventInit } from "./web/dom/Event.ts";
export {
  type AddEventListenerOptions,
  type EventListener,
  type EventListenerObject,
  type EventListenerOptions,
  EventTarget,
} from "./web/dom/EventTarget.ts";
export { DOMException } from "./web/dom-exception/DOMException.ts";
export { atob, btoa } from "./web/encoding/base64.ts";
export { type TextDecodeOptions, TextDecoder, type TextDecoderOptions } from "./web/encoding/TextDecoder.ts";
export { TextEncoder, type TextEncoderEncodeIntoResult } from "./web/encoding/TextEncoder.ts";
export type { BodyInit } from "./web/fetch/body.ts";
export { fetch } from "./web/fetch/fetch.ts";
export { Headers, type HeadersInit } from "./web/fetch/Headers.ts";
export { Request } from "./web/fetch/Request.ts";
export { Response, type ResponseInit } from "./web/fetch/Response.ts";
export type { RequestInit } from "./web/fetch/request-record.ts";
export { ErrorEvent, type ErrorEventInit } from "./web/html/ErrorEvent.ts";
export { queueMicrotask } from "./web/html/microtask.ts";
export { PromiseRejectionEvent, type PromiseRejectionEventInit } from "./web/html/PromiseRejectionEvent.ts";
export { reportError } from "./web/html/report-error.ts";
export { type StructuredSerializeOptions, structuredClone } from "./web/html/structured-clone.ts";
export { clearInterval, clearTimeout, setInterval, setTimeout } from "./web/html/timers.ts";
export { URL } from "./web/url/URL.ts";
export { URLSearchParams } from "./web/url/URLSearchParams.ts";
