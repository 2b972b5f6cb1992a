/**
 * TransformStreamDefaultController (https://streams.spec.whatwg.org/#ts-default-controller-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { ReadableStreamDefaultControllerGetDesiredSize } from "./readable-default-controller.ts";
import {
  TransformStreamDefaultControllerEnqueue,
  TransformStreamDefaultControllerTerminate,
  TransformStreamError,
  type TransformStreamRecord,
} from "./transform-stream.ts";

/** What a transformer fills the readable side with. */
export class TransformStreamDefaultController<O = unknown> {
  #record: TransformStreamRecord;

  /** Not for scripts: the transformer's methods get one. */
  constructor() {
    if (arguments[0] !== webidl.internalToken) throw webidl.illegalConstructor("TransformStreamDefaultController");
    this.#record = arguments[1] as TransformStreamRecord;
  }

  /** How much more the readable side wants; negative when its queue is overfull, null when it is errored. */
  get desiredSize(): number | null {
    if (!(#record in this)) throw webidl.illegalInvocation("TransformStreamDefaultController.desiredSize");
    return ReadableStreamDefaultControllerGetDesiredSize(this.#record.readableController);
  }

  /** @throws TypeError when the readable side is closed, closing or errored; what the queuing strategy's size throws */
  enqueue(chunk: O = undefined as never): void {
    if (!(#record in this)) throw webidl.illegalInvocation("TransformStreamDefaultController.enqueue");
    TransformStreamDefaultControllerEnqueue(this.#record, chunk);
  }

  /** Fails both sides. */
  error(reason: unknown = undefined): void {
    if (!(#record in this)) throw webidl.illegalInvocation("TransformStreamDefaultController.error");
    TransformStreamError(this.#record, reason);
  }

  /** Closes the readable side and fails the writable side: no more input is wanted. */
  terminate(): void {
    if (!(#record in this)) throw webidl.illegalInvocation("TransformStreamDefaultController.terminate");
    TransformStreamDefaultControllerTerminate(this.#record);
  }
}

webidl.exposeInterface(TransformStreamDefaultController, { inspect: ["desiredSize"] });
