/**
 * ErrorEvent (https://html.spec.whatwg.org/multipage/webappapis.html#the-errorevent-interface).
 */
import * as webidl from "../../internal/webidl.ts";
import { Event, type EventInit, eventInit } from "../dom/Event.ts";

export interface ErrorEventInit extends EventInit {
  message?: string;
  filename?: string;
  lineno?: number;
  colno?: number;
  error?: unknown;
}

const errorEventInit = webidl.dictionary<Required<ErrorEventInit>>(
  [
    { key: "message", converter: webidl.DOMString, default: () => "" },
    { key: "filename", converter: webidl.USVString, default: () => "" },
    { key: "lineno", converter: webidl.unsignedLong, default: () => 0 },
    { key: "colno", converter: webidl.unsignedLong, default: () => 0 },
    { key: "error", converter: webidl.any, default: () => undefined },
  ],
  eventInit,
);

export class ErrorEvent extends Event {
  #init: Required<ErrorEventInit>;

  constructor(type: string, eventInitDict: ErrorEventInit = {}) {
    webidl.requireArguments(arguments.length, 1, "ErrorEvent constructor");
    const typeString = webidl.DOMString(type, "ErrorEvent constructor: argument 1");
    const init = errorEventInit(eventInitDict, "ErrorEvent constructor: argument 2");
    super(typeString, init);
    this.#init = init;
  }

  get message(): string {
    if (!(#init in this)) throw webidl.illegalInvocation("ErrorEvent.message");
    return this.#init.message;
  }

  get filename(): string {
    if (!(#init in this)) throw webidl.illegalInvocation("ErrorEvent.filename");
    return this.#init.filename;
  }

  /** Counts from 1; 0 when unknown. */
  get lineno(): number {
    if (!(#init in this)) throw webidl.illegalInvocation("ErrorEvent.lineno");
    return this.#init.lineno;
  }

  /** Counts from 1; 0 when unknown. */
  get colno(): number {
    if (!(#init in this)) throw webidl.illegalInvocation("ErrorEvent.colno");
    return this.#init.colno;
  }

  get error(): unknown {
    if (!(#init in this)) throw webidl.illegalInvocation("ErrorEvent.error");
    return this.#init.error;
  }
}

webidl.exposeInterface(ErrorEvent, {
  inspect: ["type", "defaultPrevented", "cancelable", "timeStamp", "message", "filename", "lineno", "colno", "error"],
});
