/**
 * ProgressEvent (https://xhr.spec.whatwg.org/#interface-progressevent).
 */
import * as webidl from "../../internal/webidl.ts";
import { Event, type EventInit, eventInit } from "../dom/Event.ts";

export interface ProgressEventInit extends EventInit {
  lengthComputable?: boolean;
  loaded?: number;
  total?: number;
}

const progressEventInit = webidl.dictionary<Required<ProgressEventInit>>(
  [
    { key: "lengthComputable", converter: webidl.boolean, default: () => false },
    { key: "loaded", converter: webidl.double, default: () => 0 },
    { key: "total", converter: webidl.double, default: () => 0 },
  ],
  eventInit,
);

/** How far something has come: what FileReader fires. */
export class ProgressEvent extends Event {
  #init: Required<ProgressEventInit>;

  constructor(type: string, eventInitDict: ProgressEventInit = {}) {
    webidl.requireArguments(arguments.length, 1, "ProgressEvent constructor");
    const typeString = webidl.DOMString(type, "ProgressEvent constructor: argument 1");
    const init = progressEventInit(eventInitDict, "ProgressEvent constructor: argument 2");
    super(typeString, init);
    this.#init = init;
  }

  /** Whether `total` says something. */
  get lengthComputable(): boolean {
    if (!(#init in this)) throw webidl.illegalInvocation("ProgressEvent.lengthComputable");
    return this.#init.lengthComputable;
  }

  /** Bytes so far. */
  get loaded(): number {
    if (!(#init in this)) throw webidl.illegalInvocation("ProgressEvent.loaded");
    return this.#init.loaded;
  }

  /** Bytes in all; 0 when unknown. */
  get total(): number {
    if (!(#init in this)) throw webidl.illegalInvocation("ProgressEvent.total");
    return this.#init.total;
  }
}

webidl.exposeInterface(ProgressEvent, {
  inspect: ["type", "defaultPrevented", "cancelable", "timeStamp", "lengthComputable", "loaded", "total"],
});
