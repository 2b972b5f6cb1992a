/**
 * ReadableStreamBYOBRequest (https://streams.spec.whatwg.org/#rs-byob-request-class).
 */
import * as webidl from "../../internal/webidl.ts";
import { bufferOfView } from "./buffers.ts";
import { ReadableByteStreamControllerRespond, ReadableByteStreamControllerRespondWithNewView } from "./pull-into.ts";
import type { ByobRequestRecord } from "./readable-byte-controller.ts";

const arrayBufferView = webidl.arrayBufferView();

/** Memory of a reader that an underlying byte source may fill. */
export class ReadableStreamBYOBRequest {
  #record: ByobRequestRecord;

  /** Not for scripts: a byte stream's controller has one. */
  constructor() {
    if (arguments[0] !== webidl.internalToken) throw webidl.illegalConstructor("ReadableStreamBYOBRequest");
    this.#record = arguments[1] as ByobRequestRecord;
  }

  /** The memory; null after the response. */
  get view(): Uint8Array | null {
    if (!(#record in this)) throw webidl.illegalInvocation("ReadableStreamBYOBRequest.view");
    return this.#record.view;
  }

  /**
   * Says that the first bytes of `view` are filled; it is no longer usable then.
   * @param bytesWritten 1 to the view's length; 0 after the stream was closed
   * @throws TypeError when there was a response already, or the number does not fit the stream's state
   * @throws RangeError when it is more than there is room for
   */
  respond(bytesWritten: number): void {
    const context = "ReadableStreamBYOBRequest.respond";
    if (!(#record in this)) throw webidl.illegalInvocation(context);
    webidl.requireArguments(arguments.length, 1, context);
    const count = webidl.unsignedLongLongEnforceRange(bytesWritten, `${context}: argument 1`);
    const { controller } = this.#record;
    if (controller === undefined) throw new TypeError(`${context}: there was a response already`);
    // The buffer of the view, as long as there was no response.
    if (webidl.isDetached(controller.pendingPullIntos.peek().buffer)) throw new TypeError(`${context}: the view's buffer is detached`);
    ReadableByteStreamControllerRespond(controller, count);
  }

  /**
   * Responds with another view of the same memory, such as one that was transferred meanwhile.
   * @throws TypeError and RangeError as `respond`, RangeError for other memory
   */
  respondWithNewView(view: ArrayBufferView): void {
    const context = "ReadableStreamBYOBRequest.respondWithNewView";
    if (!(#record in this)) throw webidl.illegalInvocation(context);
    webidl.requireArguments(arguments.length, 1, context);
    const typedView = arrayBufferView(view, `${context}: argument 1`);
    const { controller } = this.#record;
    if (controller === undefined) throw new TypeError(`${context}: there was a response already`);
    if (webidl.isDetached(bufferOfView(typedView))) throw new TypeError(`${context}: the view's buffer is detached`);
    ReadableByteStreamControllerRespondWithNewView(controller, typedView);
  }
}

webidl.exposeInterface(ReadableStreamBYOBRequest, { inspect: ["view"] });
