/**
 * CustomEvent (https://dom.spec.whatwg.org/#interface-customevent).
 */
import * as webidl from "../../internal/webidl.ts";
import { Event, type EventInit, eventInit, eventState, initializeEvent } from "./Event.ts";

export interface CustomEventInit<T = unknown> extends EventInit {
  detail?: T;
}

const customEventInit = webidl.dictionary<CustomEventInit>([{ key: "detail", converter: webidl.any, default: () => null }], eventInit);

export class CustomEvent<T = unknown> extends Event {
  #detail: T;

  /**
   * @param type the event's name
   * @param eventInitDict as Event's, and `detail`: any value, null by default
   */
  constructor(type: string, eventInitDict: CustomEventInit<T> = {}) {
    webidl.requireArguments(arguments.length, 1, "CustomEvent constructor");
    const typeString = webidl.DOMString(type, "CustomEvent constructor: argument 1");
    const init = customEventInit(eventInitDict, "CustomEvent constructor: argument 2");
    super(typeString, init);
    this.#detail = init.detail as T;
  }

  get detail(): T {
    if (!(#detail in this)) throw webidl.illegalInvocation("CustomEvent.detail");
    return this.#detail;
  }

  /** https://dom.spec.whatwg.org/#dom-customevent-initcustomevent */
  initCustomEvent(type: string, bubbles: boolean = false, cancelable: boolean = false, detail: T | null = null): void {
    if (!(#detail in this)) throw webidl.illegalInvocation("CustomEvent.initCustomEvent");
    webidl.requireArguments(arguments.length, 1, "CustomEvent.initCustomEvent");
    const typeString = webidl.DOMString(type, "CustomEvent.initCustomEvent: argument 1");
    if (initializeEvent(eventState(this, "initCustomEvent"), typeString, !!bubbles, !!cancelable)) {
      this.#detail = detail as T;
    }
  }
}

webidl.exposeInterface(CustomEvent, {
  inspect: ["type", "defaultPrevented", "cancelable", "timeStamp", "detail"],
});
