/**
 * WritableStreamDefaultWriter (https://streams.spec.whatwg.org/#default-writer-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { writableStreamType } from "./brands.ts";
import { Deferred, rejectedWith } from "./promises.ts";
import type { WritableStream } from "./WritableStream.ts";
import {
  AcquireWritableStreamDefaultWriter,
  WritableStreamAbort,
  WritableStreamClose,
  WritableStreamCloseQueuedOrInFlight,
  WritableStreamDefaultWriterGetDesiredSize,
  WritableStreamDefaultWriterRelease,
  WritableStreamDefaultWriterWrite,
  type WriterRecord,
} from "./writable-stream.ts";

let isWritableStreamDefaultWriter: (value: unknown) => value is WritableStreamDefaultWriter;

/** Writes chunks one by one; the stream is locked to it. */
export class WritableStreamDefaultWriter<W = unknown> {
  #record: WriterRecord;

  static {
    isWritableStreamDefaultWriter = (value): value is WritableStreamDefaultWriter =>
      typeof value === "object" && value !== null && #record in value;
  }

  /** @throws TypeError when the stream is locked */
  constructor(stream: WritableStream<W>) {
    const context = "WritableStreamDefaultWriter constructor";
    webidl.requireArguments(arguments.length, 1, context);
    this.#record = AcquireWritableStreamDefaultWriter(writableStreamType(stream, `${context}: argument 1`), context);
  }

  /** Fulfilled when the stream is closed, rejected when it fails or the writer is released before. */
  get closed(): Promise<undefined> {
    if (!isWritableStreamDefaultWriter(this)) return rejectedWith(webidl.illegalInvocation("WritableStreamDefaultWriter.closed"));
    return this.#record.closed.get();
  }

  /** How much more the stream wants; null when it fails. @throws TypeError when the writer was released */
  get desiredSize(): number | null {
    if (!(#record in this)) throw webidl.illegalInvocation("WritableStreamDefaultWriter.desiredSize");
    const { stream } = this.#record;
    if (stream === undefined) throw released("desiredSize");
    return WritableStreamDefaultWriterGetDesiredSize(stream);
  }

  /** Pending while `desiredSize` is 0 or less: a new promise each time. */
  get ready(): Promise<undefined> {
    if (!isWritableStreamDefaultWriter(this)) return rejectedWith(webidl.illegalInvocation("WritableStreamDefaultWriter.ready"));
    return this.#record.ready.get();
  }

  /** Aborts the stream: what is queued is dropped. @param reason for the underlying sink */
  abort(reason: unknown = undefined): Promise<undefined> {
    if (!isWritableStreamDefaultWriter(this)) return rejectedWith(webidl.illegalInvocation("WritableStreamDefaultWriter.abort"));
    const { stream } = this.#record;
    if (stream === undefined) return rejectedWith(released("abort"));
    return WritableStreamAbort(stream, reason);
  }

  /** Closes the stream after what is queued. */
  close(): Promise<undefined> {
    if (!isWritableStreamDefaultWriter(this)) return rejectedWith(webidl.illegalInvocation("WritableStreamDefaultWriter.close"));
    const { stream } = this.#record;
    if (stream === undefined) return rejectedWith(released("close"));
    if (WritableStreamCloseQueuedOrInFlight(stream)) {
      return rejectedWith(new TypeError("WritableStreamDefaultWriter.close: the stream is closing already"));
    }
    return WritableStreamClose(stream);
  }

  /** Unlocks the stream. */
  releaseLock(): void {
    if (!(#record in this)) throw webidl.illegalInvocation("WritableStreamDefaultWriter.releaseLock");
    if (this.#record.stream !== undefined) WritableStreamDefaultWriterRelease(this.#record);
  }

  /** Fulfilled when the underlying sink has taken the chunk. */
  write(chunk: W = undefined as never): Promise<undefined> {
    if (!isWritableStreamDefaultWriter(this)) return rejectedWith(webidl.illegalInvocation("WritableStreamDefaultWriter.write"));
    if (this.#record.stream === undefined) return rejectedWith(released("write"));
    const request = new Deferred<undefined>();
    WritableStreamDefaultWriterWrite(this.#record, chunk, request);
    return request.promise;
  }
}

function released(member: string): TypeError {
  return new TypeError(`WritableStreamDefaultWriter.${member}: the writer was released`);
}

webidl.exposeInterface(WritableStreamDefaultWriter);
