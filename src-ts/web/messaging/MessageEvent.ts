/**
 * MessageEvent (https://html.spec.whatwg.org/multipage/comms.html#the-messageevent-interface).
 */
import { freeze } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { Event, type EventInit, eventInit, eventState, initializeEvent } from "../dom/Event.ts";
import { isMessagePort, type MessagePort } from "./MessagePort.ts";

export interface MessageEventInit<T = unknown> extends EventInit {
  data?: T;
  origin?: string;
  lastEventId?: string;
  source?: MessagePort | null;
  ports?: Iterable<MessagePort>;
}

interface State {
  data: unknown;
  origin: string;
  lastEventId: string;
  source: MessagePort | null;
  ports: readonly MessagePort[];
}

const messagePort: webidl.Converter<MessagePort> = (value, context) => {
  if (!isMessagePort(value)) throw webidl.conversionError(context, "a MessagePort object", value);
  return value;
};
const nullableMessagePort = webidl.nullable(messagePort);
const messagePorts = webidl.sequence(messagePort);

const messageEventInit = webidl.dictionary<State>(
  [
    { key: "data", converter: webidl.any, default: () => null },
    { key: "lastEventId", converter: webidl.DOMString, default: () => "" },
    { key: "origin", converter: webidl.USVString, default: () => "" },
    { key: "ports", converter: messagePorts, default: () => [] },
    { key: "source", converter: nullableMessagePort, default: () => null },
  ],
  eventInit,
);

let isMessageEvent: (value: unknown) => value is MessageEvent;
let stateOf: (event: MessageEvent) => State;

export class MessageEvent<T = unknown> extends Event {
  #state: State;

  static {
    isMessageEvent = (value): value is MessageEvent => typeof value === "object" && value !== null && #state in value;
    stateOf = (event) => event.#state;
  }

  constructor(type: string, eventInitDict: MessageEventInit<T> = {}) {
    webidl.requireArguments(arguments.length, 1, "MessageEvent constructor");
    const typeString = webidl.DOMString(type, "MessageEvent constructor: argument 1");
    const init = messageEventInit(eventInitDict, "MessageEvent constructor: argument 2");
    super(typeString, init as EventInit);
    const { data, origin, lastEventId, source, ports } = init;
    this.#state = { data, origin, lastEventId, source, ports: freeze(ports) };
  }

  /** The message. */
  get data(): T {
    return receiver(this, "data").data as T;
  }

  get origin(): string {
    return receiver(this, "origin").origin;
  }

  get lastEventId(): string {
    return receiver(this, "lastEventId").lastEventId;
  }

  get source(): MessagePort | null {
    return receiver(this, "source").source;
  }

  /** The ports that were transferred with the message. */
  get ports(): readonly MessagePort[] {
    return receiver(this, "ports").ports;
  }

  /** https://html.spec.whatwg.org/multipage/comms.html#dom-messageevent-initmessageevent */
  initMessageEvent(
    type: string,
    bubbles: boolean = false,
    cancelable: boolean = false,
    data: unknown = null,
    origin: string = "",
    lastEventId: string = "",
    source: MessagePort | null = null,
    ports: Iterable<MessagePort> = [],
  ): void {
    const context = "MessageEvent.initMessageEvent";
    const state = receiver(this, "initMessageEvent");
    webidl.requireArguments(arguments.length, 1, context);
    const typeString = webidl.DOMString(type, `${context}: argument 1`);
    const next: State = {
      data,
      origin: webidl.USVString(origin, `${context}: argument 5`),
      lastEventId: webidl.DOMString(lastEventId, `${context}: argument 6`),
      source: nullableMessagePort(source, `${context}: argument 7`),
      ports: freeze(messagePorts(ports, `${context}: argument 8`)),
    };
    if (initializeEvent(eventState(this, "initMessageEvent"), typeString, !!bubbles, !!cancelable)) Object.assign(state, next);
  }
}

function receiver(self: unknown, member: string): State {
  if (!isMessageEvent(self)) throw webidl.illegalInvocation(`MessageEvent.${member}`);
  return stateOf(self);
}

webidl.exposeInterface(MessageEvent, {
  inspect: ["type", "defaultPrevented", "cancelable", "timeStamp", "data", "origin", "lastEventId", "source", "ports"],
});
