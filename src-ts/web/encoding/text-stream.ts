/**
 * `textStream()` of bodies (https://fetch.spec.whatwg.org/#dom-body-textstream) and of blobs
 * (https://w3c.github.io/FileAPI/#dom-blob-textstream): a stream of bytes, piped through a decoder of UTF-8.
 */
import { makeTransformStream } from "../streams/generic-transform-stream.ts";
import { ReadableStreamPipeTo } from "../streams/pipe.ts";
import { markHandled } from "../streams/promises.ts";
import { type ReadableStream, wrapReadableStream } from "../streams/ReadableStream.ts";
import type { ReadableStreamRecord } from "../streams/readable-stream.ts";
import { decodes } from "./TextDecoderStream.ts";
import { textDecoderCommon } from "./text-decoder-common.ts";

const to_the_end = { preventAbort: false, preventCancel: false, preventClose: false };

/** @param bytes not locked; it is from now on */
export function textStreamOf(bytes: ReadableStreamRecord): ReadableStream<string> {
  const { readable, writable } = makeTransformStream(decodes(textDecoderCommon("utf-8", undefined, "textStream")));
  markHandled(ReadableStreamPipeTo(bytes, writable, to_the_end));
  return wrapReadableStream(readable) as ReadableStream<string>;
}
