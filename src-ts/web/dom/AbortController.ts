/**
 * AbortController (https://dom.spec.whatwg.org/#interface-abortcontroller).
 */
import * as webidl from "../../internal/webidl.ts";
import { type AbortSignal, abortSignal, createAbortSignal } from "./AbortSignal.ts";

export class AbortController {
  #signal: AbortSignal = createAbortSignal();

  get signal(): AbortSignal {
    if (!(#signal in this)) throw webidl.illegalInvocation("AbortController.signal");
    return this.#signal;
  }

  /** @param reason what the signal's users get; an AbortError DOMException when undefined */
  abort(reason: unknown = undefined): void {
    if (!(#signal in this)) throw webidl.illegalInvocation("AbortController.abort");
    abortSignal(this.#signal, reason);
  }
}

webidl.exposeInterface(AbortController, { inspect: ["signal"] });
