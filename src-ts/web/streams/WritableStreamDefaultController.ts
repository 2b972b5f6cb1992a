/**
 * WritableStreamDefaultController (https://streams.spec.whatwg.org/#ws-default-controller-class).
 */
import * as webidl from "../../internal/webidl.ts";
import type { AbortSignal } from "../dom/AbortSignal.ts";
import { type WritableControllerRecord, WritableStreamDefaultControllerErrorIfNeeded } from "./writable-controller.ts";

/** What an underlying sink can do to its stream. */
export class WritableStreamDefaultController {
  #record: WritableControllerRecord;

  /** Not for scripts: the sink's methods get one. */
  constructor() {
    if (arguments[0] !== webidl.internalToken) throw webidl.illegalConstructor("WritableStreamDefaultController");
    this.#record = arguments[1] as WritableControllerRecord;
  }

  /** Aborted as soon as the stream is, even while a write is under way. */
  get signal(): AbortSignal {
    if (!(#record in this)) throw webidl.illegalInvocation("WritableStreamDefaultController.signal");
    return this.#record.signal;
  }

  /** Fails the stream. */
  error(error: unknown = undefined): void {
    if (!(#record in this)) throw webidl.illegalInvocation("WritableStreamDefaultController.error");
    WritableStreamDefaultControllerErrorIfNeeded(this.#record, error);
  }
}

webidl.exposeInterface(WritableStreamDefaultController, { inspect: ["signal"] });
