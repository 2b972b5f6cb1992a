/**
 * ReadableByteStreamController (https://streams.spec.whatwg.org/#rbs-controller-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { byteLengthOfView, byteOffsetOfView, viewedBuffer, viewKind } from "./buffers.ts";
import { ReadableStreamBYOBRequest } from "./ReadableStreamBYOBRequest.ts";
import {
  type ByobRequestRecord,
  type ByteControllerRecord,
  ReadableByteStreamControllerClose,
  ReadableByteStreamControllerEnqueue,
  ReadableByteStreamControllerError,
  ReadableByteStreamControllerGetBYOBRequest,
  ReadableByteStreamControllerGetDesiredSize,
} from "./readable-byte-controller.ts";

type RequestShell = new (token: symbol, record: ByobRequestRecord) => ReadableStreamBYOBRequest;

/** What an underlying byte source fills its stream with. */
export class ReadableByteStreamController {
  #record: ByteControllerRecord;

  /** Not for scripts: the source's methods get one. */
  constructor() {
    if (arguments[0] !== webidl.internalToken) throw webidl.illegalConstructor("ReadableByteStreamController");
    this.#record = arguments[1] as ByteControllerRecord;
  }

  /** Memory of a reader that waits, to fill instead of calling `enqueue`; null when there is none. */
  get byobRequest(): ReadableStreamBYOBRequest | null {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableByteStreamController.byobRequest");
    const request = ReadableByteStreamControllerGetBYOBRequest(this.#record);
    if (request === null) return null;
    request.object ??= new (ReadableStreamBYOBRequest as unknown as RequestShell)(webidl.internalToken, request);
    return request.object as ReadableStreamBYOBRequest;
  }

  /** How many bytes more the stream wants; negative when its queue is overfull, null when it is errored. */
  get desiredSize(): number | null {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableByteStreamController.desiredSize");
    return ReadableByteStreamControllerGetDesiredSize(this.#record);
  }

  /** Ends the stream after the bytes in its queue. @throws TypeError when it is closed, closing or errored */
  close(): void {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableByteStreamController.close");
    checkReadable(this.#record, "close");
    ReadableByteStreamControllerClose(this.#record);
  }

  /**
   * Adds bytes; the chunk's buffer is transferred.
   * @throws TypeError when the chunk is empty, the stream is closed, closing or errored, or the buffer cannot be transferred
   */
  enqueue(chunk: ArrayBufferView): void {
    const context = "ReadableByteStreamController.enqueue";
    if (!(#record in this)) throw webidl.illegalInvocation(context);
    webidl.requireArguments(arguments.length, 1, context);
    const kind = viewKind(chunk, `${context}: argument 1`);
    const buffer = viewedBuffer(chunk, kind, `${context}: argument 1`);
    const byteLength = byteLengthOfView(chunk, kind);
    if (byteLength === 0) throw new TypeError(`${context}: argument 1 must be 1 byte long at least`);
    checkReadable(this.#record, "enqueue");
    ReadableByteStreamControllerEnqueue(this.#record, buffer, byteOffsetOfView(chunk, kind), byteLength);
  }

  /** Fails the stream; its queue is dropped. */
  error(error: unknown = undefined): void {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableByteStreamController.error");
    ReadableByteStreamControllerError(this.#record, error);
  }
}

function checkReadable(controller: ByteControllerRecord, member: string): void {
  const { state } = controller.stream;
  if (state === "readable" && !controller.closeRequested) return;
  throw new TypeError(`ReadableByteStreamController.${member}: the stream is ${state === "readable" ? "closing" : state}`);
}

webidl.exposeInterface(ReadableByteStreamController, { inspect: ["byobRequest", "desiredSize"] });
