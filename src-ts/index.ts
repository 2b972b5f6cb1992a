/**
 * nano-runtime for Node programs: the web APIs as classes and functions to import, and isolates.
 */
import "./realm/host-main.ts";

export * from "./sdk/index.ts";
export { CompressionStream } from "./web/compression/CompressionStream.ts";
export type { CompressionFormat } from "./web/compression/codec.ts";
export { DecompressionStream } from "./web/compression/DecompressionStream.ts";
export { console } from "./web/console/console.ts";
export type { AlgorithmIdentifier, KeyFormat } from "./web/crypto/algorithm.ts";
export { Crypto, crypto } from "./web/crypto/Crypto.ts";
export { CryptoKey, type CryptoKeyPair, type ExposedKeyAlgorithm, type KeyType, type KeyUsage } from "./web/crypto/CryptoKey.ts";
export type { JsonWebKey } from "./web/crypto/jwk.ts";
export { SubtleCrypto } from "./web/crypto/SubtleCrypto.ts";
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
export { TextDecoderStream } from "./web/encoding/TextDecoderStream.ts";
export { TextEncoder, type TextEncoderEncodeIntoResult } from "./web/encoding/TextEncoder.ts";
export { TextEncoderStream } from "./web/encoding/TextEncoderStream.ts";
export type { BodyInit } from "./web/fetch/body.ts";
export type { FetchTimeouts } from "./web/fetch/call-options.ts";
export { fetch } from "./web/fetch/fetch.ts";
export { Headers, type HeadersInit } from "./web/fetch/Headers.ts";
export { Request } from "./web/fetch/Request.ts";
export { Response, type ResponseInit } from "./web/fetch/Response.ts";
export type { RequestInit } from "./web/fetch/request-record.ts";
export { Blob, type BlobPart, type BlobPropertyBag } from "./web/file/Blob.ts";
export { File, type FilePropertyBag } from "./web/file/File.ts";
export { FileReader } from "./web/file/FileReader.ts";
export { FormData, type FormDataEntryValue } from "./web/file/FormData.ts";
export { ProgressEvent, type ProgressEventInit } from "./web/file/ProgressEvent.ts";
export { ErrorEvent, type ErrorEventInit } from "./web/html/ErrorEvent.ts";
export { queueMicrotask } from "./web/html/microtask.ts";
export { Navigator, navigator } from "./web/html/Navigator.ts";
export { PromiseRejectionEvent, type PromiseRejectionEventInit } from "./web/html/PromiseRejectionEvent.ts";
export { reportError } from "./web/html/report-error.ts";
export { type StructuredSerializeOptions, structuredClone } from "./web/html/structured-clone.ts";
export { clearInterval, clearTimeout, setInterval, setTimeout } from "./web/html/timers.ts";
export { MessageChannel } from "./web/messaging/MessageChannel.ts";
export { MessageEvent, type MessageEventInit } from "./web/messaging/MessageEvent.ts";
export { MessagePort } from "./web/messaging/MessagePort.ts";
export { Performance, type PerformanceMeasureOptions, performance } from "./web/performance/Performance.ts";
export { PerformanceEntry } from "./web/performance/PerformanceEntry.ts";
export { PerformanceMark, type PerformanceMarkOptions } from "./web/performance/PerformanceMark.ts";
export { PerformanceMeasure } from "./web/performance/PerformanceMeasure.ts";
export {
  PerformanceObserver,
  type PerformanceObserverCallback,
  PerformanceObserverEntryList,
  type PerformanceObserverInit,
} from "./web/performance/PerformanceObserver.ts";
export { ByteLengthQueuingStrategy } from "./web/streams/ByteLengthQueuingStrategy.ts";
export { CountQueuingStrategy } from "./web/streams/CountQueuingStrategy.ts";
export type { QueuingStrategy, QueuingStrategyInit } from "./web/streams/queuing-strategy.ts";
export { ReadableByteStreamController } from "./web/streams/ReadableByteStreamController.ts";
export {
  ReadableStream,
  type ReadableStreamIteratorOptions,
  type ReadableWritablePair,
  type StreamPipeOptions,
  type UnderlyingByteSource,
  type UnderlyingSource,
} from "./web/streams/ReadableStream.ts";
export { ReadableStreamBYOBReader, type ReadableStreamBYOBReaderReadOptions } from "./web/streams/ReadableStreamBYOBReader.ts";
export { ReadableStreamBYOBRequest } from "./web/streams/ReadableStreamBYOBRequest.ts";
export { ReadableStreamDefaultController } from "./web/streams/ReadableStreamDefaultController.ts";
export { ReadableStreamDefaultReader, type ReadableStreamReadResult } from "./web/streams/ReadableStreamDefaultReader.ts";
export { type Transformer, TransformStream } from "./web/streams/TransformStream.ts";
export { TransformStreamDefaultController } from "./web/streams/TransformStreamDefaultController.ts";
export { type UnderlyingSink, WritableStream } from "./web/streams/WritableStream.ts";
export { WritableStreamDefaultController } from "./web/streams/WritableStreamDefaultController.ts";
export { WritableStreamDefaultWriter } from "./web/streams/WritableStreamDefaultWriter.ts";
export { URL } from "./web/url/URL.ts";
export { URLSearchParams } from "./web/url/URLSearchParams.ts";
export type { URLPatternComponentResult } from "./web/url/urlpattern/component.ts";
export type { URLPatternInit } from "./web/url/urlpattern/init.ts";
export { URLPattern, type URLPatternOptions } from "./web/url/urlpattern/URLPattern.ts";
export type { URLPatternResult } from "./web/url/urlpattern/url-pattern-record.ts";
