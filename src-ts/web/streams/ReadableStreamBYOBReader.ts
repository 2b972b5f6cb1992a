/**
 * ReadableStreamBYOBReader (https://streams.spec.whatwg.org/#byob-reader-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { readableStreamType } from "./brands.ts";
import { byteLengthOfView, byteOffsetOfView, viewedBuffer, viewKind } from "./buffers.ts";
import { rejectedWith } from "./promises.ts";
import { ReadableStreamBYOBReaderRead } from "./pull-into.ts";
import type { ReadableStream } from "./ReadableStream.ts";
import { PromiseReadRequest, type ReadableStreamReadResult } from "./ReadableStreamDefaultReader.ts";
import { newPullInto } from "./readable-byte-controller.ts";
import { AcquireReadableStreamBYOBReader, ReadableStreamCancel, type ReaderRecord, releaseReader } from "./readable-stream.ts";

/** https://streams.spec.whatwg.org/#dictdef-readablestreambyobreaderreadoptions */
export interface ReadableStreamBYOBReaderReadOptions {
  /** How many elements of the view to wait for; 1 by default. */
  min?: number;
}

const readOptions = webidl.dictionary<Required<ReadableStreamBYOBReaderReadOptions>>([
  { key: "min", converter: webidl.unsignedLongLongEnforceRange, default: () => 1 },
]);

let isReadableStreamBYOBReader: (value: unknown) => value is ReadableStreamBYOBReader;

/** Reads bytes into given memory ("bring your own buffer"); the stream is locked to it. */
export class ReadableStreamBYOBReader {
  #record: ReaderRecord;

  static {
    isReadableStreamBYOBReader = (value): value is ReadableStreamBYOBReader =>
      typeof value === "object" && value !== null && #record in value;
  }

  /** @throws TypeError when the stream is locked or no byte stream */
  constructor(stream: ReadableStream<Uint8Array>) {
    const context = "ReadableStreamBYOBReader constructor";
    webidl.requireArguments(arguments.length, 1, context);
    this.#record = AcquireReadableStreamBYOBReader(readableStreamType(stream, `${context}: argument 1`), context);
  }

  /** Fulfilled when the stream closes, rejected when it fails or the reader is released before. */
  get closed(): Promise<undefined> {
    if (!isReadableStreamBYOBReader(this)) return rejectedWith(webidl.illegalInvocation("ReadableStreamBYOBReader.closed"));
    return this.#record.closed.get();
  }

  /** Cancels the stream. @param reason for the underlying source */
  cancel(reason: unknown = undefined): Promise<undefined> {
    if (!isReadableStreamBYOBReader(this)) return rejectedWith(webidl.illegalInvocation("ReadableStreamBYOBReader.cancel"));
    const { stream } = this.#record;
    if (stream === undefined) return rejectedWith(released("cancel"));
    return ReadableStreamCancel(stream, reason);
  }

  /**
   * Reads into a view, whose buffer is transferred: the result has a new view of the same memory.
   * Rejected with a TypeError for an empty or detached view, a RangeError when `min` is more than it holds.
   */
  read<View extends ArrayBufferView>(
    view: View,
    options: ReadableStreamBYOBReaderReadOptions | undefined = undefined,
  ): Promise<ReadableStreamReadResult<View>> {
    const context = "ReadableStreamBYOBReader.read";
    if (!isReadableStreamBYOBReader(this)) return rejectedWith(webidl.illegalInvocation(context));
    try {
      webidl.requireArguments(arguments.length, 1, context);
      const kind = viewKind(view, `${context}: argument 1`);
      const buffer = viewedBuffer(view, kind, `${context}: argument 1`);
      const min = options === undefined ? 1 : readOptions(options, `${context}: argument 2`).min;
      const byteLength = byteLengthOfView(view, kind);
      if (byteLength === 0) throw emptyView(buffer, context);
      if (min !== 1) checkMin(min, byteLength / kind.elementSize, context);
      if (this.#record.stream === undefined) throw released("read");
      const request = new PromiseReadRequest();
      const descriptor = newPullInto(kind, buffer, byteOffsetOfView(view, kind), byteLength, min * kind.elementSize, "byob");
      ReadableStreamBYOBReaderRead(this.#record, descriptor, request);
      return request.promise as Promise<ReadableStreamReadResult<View>>;
    } catch (error) {
      return rejectedWith(error);
    }
  }

  /** Unlocks the stream; reads that wait are rejected with a TypeError. */
  releaseLock(): void {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStreamBYOBReader.releaseLock");
    if (this.#record.stream !== undefined) releaseReader(this.#record);
  }
}

function emptyView(buffer: ArrayBuffer, context: string): TypeError {
  return new TypeError(`${context}: argument 1 must be ${webidl.isDetached(buffer) ? "attached to its buffer" : "1 byte long at least"}`);
}

function checkMin(min: number, length: number, context: string): void {
  if (min === 0) throw new TypeError(`${context}: the member 'min' must be 1 or more, got 0`);
  if (min > length) throw new RangeError(`${context}: the member 'min' must be ${length} at most, the length of the view, got ${min}`);
}

function released(member: string): TypeError {
  return new TypeError(`ReadableStreamBYOBReader.${member}: the reader was released`);
}

webidl.exposeInterface(ReadableStreamBYOBReader);
