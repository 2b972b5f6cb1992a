/**
 * PromiseRejectionEvent (https://html.spec.whatwg.org/multipage/webappapis.html#promiserejectionevent).
 */
import * as webidl from "../../internal/webidl.ts";
import { Event, type EventInit, eventInit } from "../dom/Event.ts";

export interface PromiseRejectionEventInit extends EventInit {
  promise: object;
  reason?: unknown;
}

const promiseRejectionEventInit = webidl.dictionary<PromiseRejectionEventInit>(
  [
    { key: "promise", converter: webidl.object, required: true },
    { key: "reason", converter: webidl.any, default: () => undefined },
  ],
  eventInit,
);

export class PromiseRejectionEvent extends Event {
  #init: PromiseRejectionEventInit;

  constructor(type: string, eventInitDict: PromiseRejectionEventInit) {
    webidl.requireArguments(arguments.length, 2, "PromiseRejectionEvent constructor");
    const typeString = webidl.DOMString(type, "PromiseRejectionEvent constructor: argument 1");
    const init = promiseRejectionEventInit(eventInitDict, "PromiseRejectionEvent constructor: argument 2");
    super(typeString, init);
    this.#init = init;
  }

  /** The rejected promise. */
  get promise(): object {
    if (!(#init in this)) throw webidl.illegalInvocation("PromiseRejectionEvent.promise");
    return this.#init.promise;
  }

  get reason(): unknown {
    if (!(#init in this)) throw webidl.illegalInvocation("PromiseRejectionEvent.reason");
    return this.#init.reason;
  }
}

webidl.exposeInterface(PromiseRejectionEvent, {
  inspect: ["type", "defaultPrevented", "cancelable", "timeStamp", "promise", "reason"],
});
