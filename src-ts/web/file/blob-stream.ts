/**
 * "Get stream" of a blob (https://w3c.github.io/FileAPI/#blob-get-stream).
 */
import { uncurryThis } from "../../internal/primordials.ts";
import { ReadableByteStreamControllerRespond } from "../streams/pull-into.ts";
import { type ReadableStream, wrapReadableStream } from "../streams/ReadableStream.ts";
import {
  type ByteControllerRecord,
  CreateReadableByteStream,
  ReadableByteStreamControllerClose,
  ReadableByteStreamControllerEnqueue,
} from "../streams/readable-byte-controller.ts";

export type { ReadableStream };

/** What one read gives: a copy, as readers own their chunks. */
const chunk_bytes_max = 65_536;

const slice = uncurryThis(Uint8Array.prototype.slice) as (bytes: Uint8Array, start: number, end: number) => Uint8Array;
const NativePromise = Promise;

export function blobStream(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let index = 0;
  let offset = 0;
  const stream = CreateReadableByteStream({
    start: () => undefined,
    pull: () => {
      const controller = stream.controller as ByteControllerRecord;
      try {
        const chunk = chunks[index];
        if (chunk !== undefined) {
          const end = offset + chunk_bytes_max;
          const part = slice(chunk, offset, end);
          offset = end;
          if (end >= chunk.length) {
            index++;
            offset = 0;
          }
          ReadableByteStreamControllerEnqueue(controller, part);
        }
        if (index < chunks.length) return undefined;
        ReadableByteStreamControllerClose(controller);
        // A reader's view that waits gets its end.
        if (controller.pendingPullIntos.length > 0) ReadableByteStreamControllerRespond(controller, 0);
        return undefined;
      } catch (error) {
        return NativePromise.reject(error);
      }
    },
    cancel: () => {
      index = chunks.length;
      return undefined;
    },
  });
  return wrapReadableStream(stream) as ReadableStream<Uint8Array>;
}
