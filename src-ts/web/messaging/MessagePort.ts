/**
 * MessagePort (https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports).
 *
 * Both ends are in one realm, so a message is copied when it is posted and delivered by a task of its own. A
 * port that is transferred gives its state to the new object and is left detached. An open port keeps nothing
 * running; messages under way do.
 */
import * as webidl from "../../internal/webidl.ts";
import { Event } from "../dom/Event.ts";
import { defineEventHandler, EventTarget, fireEvent } from "../dom/EventTarget.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { cloneWithTransfer } from "../html/clone.ts";
import { makeTransferable } from "../html/platform-objects.ts";
import { type StructuredSerializeOptions, structuredSerializeOptions } from "../html/structured-clone.ts";
import { queueTask } from "../html/task-queue.ts";
import { MessageEvent } from "./MessageEvent.ts";

interface Message {
  data: unknown;
  ports: MessagePort[];
}

interface PortState {
  /** The object that has this state now. */
  port: MessagePort;
  /** The port it is entangled with. */
  other: PortState | null;
  /** The port message queue, from `head` on. */
  queue: Message[];
  head: number;
  isEnabled: boolean;
  /** [[Detached]] */
  isDetached: boolean;
}

const transferOrOptions = webidl.sequenceOr(webidl.object, structuredSerializeOptions);

export let isMessagePort: (value: unknown) => value is MessagePort;
let stateOf: (port: MessagePort) => PortState;
let setState: (port: MessagePort, state: PortState) => void;

export class MessagePort extends EventTarget {
  #state: PortState;

  static {
    isMessagePort = (value): value is MessagePort => typeof value === "object" && value !== null && #state in value;
    stateOf = (port) => port.#state;
    setState = (port, state) => {
      port.#state = state;
      state.port = port;
    };
  }

  /** Not for scripts: use MessageChannel. */
  constructor(token: unknown = undefined) {
    if (token !== webidl.internalToken) throw webidl.illegalConstructor("MessagePort");
    super();
    this.#state = newState(this);
  }

  /**
   * Sends a copy of a value to the other port.
   * @param options what to move instead of copying: ArrayBuffers, other MessagePorts …; or `{ transfer }`
   * @throws DOMException DataCloneError when something cannot be cloned or transferred
   */
  postMessage(message: unknown, options: Iterable<object> | StructuredSerializeOptions = {}): void {
    const context = "MessagePort.postMessage";
    const state = receiver(this, "postMessage");
    webidl.requireArguments(arguments.length, 1, context);
    const given = transferOrOptions(options, `${context}: argument 2`);
    const transfer = Array.isArray(given) ? given : given.transfer;
    const target = state.other;
    let isDoomed = false;
    for (let index = 0; index < transfer.length; index++) {
      if (transfer[index] === this) throw domException("DataCloneError", `${context}: a port cannot be sent through itself`);
      if (target !== null && transfer[index] === target.port) isDoomed = true;
    }
    const { value, transferred } = cloneWithTransfer(message, transfer, context);
    // The port would arrive at itself: nobody could ever read it.
    if (target === null || isDoomed) return;
    target.queue[target.queue.length] = { data: value, ports: transferred.filter(isMessagePort) };
    if (target.isEnabled) queueTask(() => deliver(target));
  }

  /** Begins to deliver messages; setting `onmessage` does so too. */
  start(): void {
    enable(receiver(this, "start"));
  }

  /** Ends the connection. Messages that were posted before still arrive at the other port, then a "close" event. */
  close(): void {
    const state = receiver(this, "close");
    state.isDetached = true;
    disentangle(state);
  }
}

export interface MessagePort {
  // biome-ignore lint: as lib.dom types it
  onmessage: ((this: MessagePort, event: any) => unknown) | null;
  // biome-ignore lint: as lib.dom types it
  onmessageerror: ((this: MessagePort, event: any) => unknown) | null;
  // biome-ignore lint: as lib.dom types it
  onclose: ((this: MessagePort, event: any) => unknown) | null;
}

function receiver(self: unknown, member: string): PortState {
  if (!isMessagePort(self)) throw webidl.illegalInvocation(`MessagePort.${member}`);
  return stateOf(self);
}

webidl.exposeInterface(MessagePort, { inspect: [] });
const handlers = { interfaceName: "MessagePort", is: isMessagePort };
defineEventHandler(MessagePort.prototype, "message", { ...handlers, onSet: (port) => enable(stateOf(port as MessagePort)) });
defineEventHandler(MessagePort.prototype, "messageerror", handlers);
defineEventHandler(MessagePort.prototype, "close", handlers);

function newState(port: MessagePort): PortState {
  return { port, other: null, queue: [], head: 0, isEnabled: false, isDetached: false };
}

function createPort(): MessagePort {
  return new (MessagePort as unknown as new (token: symbol) => MessagePort)(webidl.internalToken);
}

/** Two ports, entangled (https://html.spec.whatwg.org/multipage/web-messaging.html#entangle). */
export function createEntangledPorts(): [MessagePort, MessagePort] {
  const ports: [MessagePort, MessagePort] = [createPort(), createPort()];
  const [first, second] = [stateOf(ports[0]), stateOf(ports[1])];
  first.other = second;
  second.other = first;
  return ports;
}

/** https://html.spec.whatwg.org/multipage/web-messaging.html#dom-messageport-start */
function enable(state: PortState): void {
  if (state.isEnabled || state.isDetached) return;
  state.isEnabled = true;
  for (let index = state.head; index < state.queue.length; index++) queueTask(() => deliver(state));
}

/** One task: one message. A port that was transferred meanwhile is not enabled; its messages stay. */
function deliver(state: PortState): void {
  if (!state.isEnabled || state.isDetached || state.head === state.queue.length) return;
  const { data, ports } = state.queue[state.head]!;
  state.head++;
  if (state.head === state.queue.length) {
    state.queue = [];
    state.head = 0;
  }
  fireEvent(new MessageEvent("message", { data, ports }), state.port);
}

/** https://html.spec.whatwg.org/multipage/web-messaging.html#disentangle */
function disentangle(state: PortState): void {
  const { other } = state;
  if (other === null) return;
  state.other = null;
  other.other = null;
  // After the messages that were posted before.
  queueTask(() => {
    if (!other.isDetached) fireEvent(new Event("close"), other.port);
  });
}

// https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports:transfer-steps
makeTransferable<MessagePort>({
  is: isMessagePort,
  isDetached: (port) => stateOf(port).isDetached,
  transfer: (port) => {
    const state = stateOf(port);
    const received = createPort();
    state.isEnabled = false;
    setState(received, state);
    const left = newState(port);
    left.isDetached = true;
    setState(port, left);
    return received;
  },
});
