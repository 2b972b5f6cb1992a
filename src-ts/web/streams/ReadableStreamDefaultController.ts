/**
 * ReadableStreamDefaultController (https://streams.spec.whatwg.org/#rs-default-controller-class).
 */
import * as webidl from "../../internal/webidl.ts";
import {
  type DefaultControllerRecord,
  ReadableStreamDefaultControllerCanCloseOrEnqueue,
  ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue,
  ReadableStreamDefaultControllerError,
  ReadableStreamDefaultControllerGetDesiredSize,
} from "./readable-default-controller.ts";

/** What an underlying source fills its stream with. */
export class ReadableStreamDefaultController<R = unknown> {
  #record: DefaultControllerRecord;

  /** Not for scripts: the source's methods get one. */
  constructor() {
    if (arguments[0] !== webidl.internalToken) throw webidl.illegalConstructor("ReadableStreamDefaultController");
    this.#record = arguments[1] as DefaultControllerRecord;
  }

  /** How much more the stream wants; negative when its queue is overfull, null when it is errored. */
  get desiredSize(): number | null {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStreamDefaultController.desiredSize");
    return ReadableStreamDefaultControllerGetDesiredSize(this.#record);
  }

  /** Ends the stream after the chunks in its queue. @throws TypeError when it is closed, closing or errored */
  close(): void {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStreamDefaultController.close");
    if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(this.#record)) throw notReadable(this.#record, "close");
    ReadableStreamDefaultControllerClose(this.#record);
  }

  /** @throws TypeError when the stream is closed, closing or errored; what the queuing strategy's size throws */
  enqueue(chunk: R = undefined as never): void {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStreamDefaultController.enqueue");
    if (!ReadableStreamDefaultControllerCanCloseOrEnqueue(this.#record)) throw notReadable(this.#record, "enqueue");
    ReadableStreamDefaultControllerEnqueue(this.#record, chunk);
  }

  /** Fails the stream; its queue is dropped. */
  error(error: unknown = undefined): void {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStreamDefaultController.error");
    ReadableStreamDefaultControllerError(this.#record, error);
  }
}

function notReadable(controller: DefaultControllerRecord, member: string): TypeError {
  const { state } = controller.stream;
  return new TypeError(`ReadableStreamDefaultController.${member}: the stream is ${state === "readable" ? "closing" : state}`);
}

webidl.exposeInterface(ReadableStreamDefaultController, { inspect: ["desiredSize"] });
