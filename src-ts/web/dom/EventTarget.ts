/**
 * EventTarget (https://dom.spec.whatwg.org/#interface-eventtarget).
 *
 * Listeners are kept per type. A list that is being dispatched is never changed: adding or removing
 * meanwhile puts a copy in its place ("cloning the list" only when it matters). An event here has one
 * target and no ancestors: nothing in a server runtime has a "get the parent".
 */
import { apply } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { reportException } from "../html/report.ts";
import type { AbortSignal } from "./AbortSignal.ts";
import { addAlgorithm, isAborted, removeAlgorithm, type SignalState, signalStateType } from "./abort-state.ts";
import { type Event, EventPhase, eventState, isEvent } from "./Event.ts";

export interface EventListenerObject {
  handleEvent(event: Event): void;
}
// biome-ignore lint: a listener takes any kind of event
export type EventListener = ((event: any) => unknown) | EventListenerObject;

export interface EventListenerOptions {
  capture?: boolean;
}
export interface AddEventListenerOptions extends EventListenerOptions {
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}

/** https://dom.spec.whatwg.org/#concept-event-listener */
interface Listener {
  readonly type: string;
  readonly callback: object;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  readonly signal: SignalState | undefined;
  onSignalAbort: (() => void) | undefined;
  removed: boolean;
}

interface ListenerList {
  items: Listener[];
  /** How many dispatches walk over `items` now. */
  walkers: number;
  captures: number;
}

export interface EventTargetState {
  lists: Record<string, ListenerList> | undefined;
  /** Event handlers (`onabort` …) by type; made on first use. */
  handlers: Record<string, EventHandler> | undefined;
  /** Called when the first listener of a type was added or the last one removed. */
  onListenersChanged: ((type: string, hasListeners: boolean) => void) | undefined;
}

interface EventHandler {
  value: object | null;
  listener: Listener;
}

let maybeStateOf: (value: unknown) => EventTargetState | undefined;

/** Isolate realms: the global object is an EventTarget too, with its state here. */
let globalState: EventTargetState | undefined;

export class EventTarget {
  #state: EventTargetState = { lists: undefined, handlers: undefined, onListenersChanged: undefined };

  static {
    maybeStateOf = (value) =>
      typeof value !== "object" || value === null
        ? undefined
        : #state in value
          ? value.#state
          : value === globalThis
            ? globalState
            : undefined;
  }

  /**
   * @param callback a function, an object with handleEvent, or null (then nothing happens)
   * @param options `capture` as a boolean, or capture, once, passive, signal
   */
  addEventListener(type: string, callback: EventListener | null, options: AddEventListenerOptions | boolean = {}): void {
    const target = receiver(this);
    const state = targetState(target, "addEventListener");
    webidl.requireArguments(arguments.length, 2, "EventTarget.addEventListener");
    const typeString = webidl.DOMString(type, "EventTarget.addEventListener: argument 1");
    const callbackObject = nullableCallback(callback, "EventTarget.addEventListener: argument 2");
    const flat = isOptionsObject(options)
      ? addOptions(options, "EventTarget.addEventListener: argument 3")
      : { capture: !!options, once: false };
    if (callbackObject === null || (flat.signal !== undefined && isAborted(flat.signal))) return;
    const list = state.lists?.[typeString];
    if (list !== undefined && findListener(list, callbackObject, flat.capture) >= 0) return;
    const listener: Listener = {
      type: typeString,
      callback: callbackObject,
      capture: flat.capture,
      once: flat.once,
      passive: flat.passive ?? false,
      signal: flat.signal,
      onSignalAbort: undefined,
      removed: false,
    };
    addListener(state, listener);
    if (flat.signal !== undefined) {
      listener.onSignalAbort = () => removeListener(state, listener);
      addAlgorithm(flat.signal, listener.onSignalAbort);
    }
  }

  /** @param options only `capture` (or the boolean) matters: it is part of a listener's identity */
  removeEventListener(type: string, callback: EventListener | null, options: EventListenerOptions | boolean = {}): void {
    const state = targetState(receiver(this), "removeEventListener");
    webidl.requireArguments(arguments.length, 2, "EventTarget.removeEventListener");
    const typeString = webidl.DOMString(type, "EventTarget.removeEventListener: argument 1");
    const callbackObject = nullableCallback(callback, "EventTarget.removeEventListener: argument 2");
    const capture = isOptionsObject(options) ? removeOptions(options, "EventTarget.removeEventListener: argument 3").capture : !!options;
    const list = state.lists?.[typeString];
    if (callbackObject === null || list === undefined) return;
    const index = findListener(list, callbackObject, capture);
    if (index >= 0) removeListener(state, list.items[index]!);
  }

  /** @returns false when a listener called preventDefault() on a cancelable event */
  dispatchEvent(event: Event): boolean {
    const target = receiver(this);
    targetState(target, "dispatchEvent");
    webidl.requireArguments(arguments.length, 1, "EventTarget.dispatchEvent");
    if (!isEvent(event)) throw webidl.conversionError("EventTarget.dispatchEvent: argument 1", "an Event object", event);
    const state = eventState(event, "dispatchEvent");
    if (state.dispatching) {
      throw domException("InvalidStateError", `The event '${state.type}' is already being dispatched`);
    }
    state.isTrusted = false;
    return dispatch(event, target);
  }
}

webidl.exposeInterface(EventTarget, { inspect: [] });

/** In an isolate the methods also work without a receiver: `addEventListener("error", …)`. */
function receiver(self: unknown): EventTarget {
  return (self === undefined || self === null) && globalState !== undefined
    ? (globalThis as unknown as EventTarget)
    : (self as EventTarget);
}

function targetState(target: unknown, member: string): EventTargetState {
  const state = maybeStateOf(target);
  if (state === undefined) throw webidl.illegalInvocation(`EventTarget.${member}`);
  return state;
}

export function isEventTarget(value: unknown): value is EventTarget {
  return maybeStateOf(value) !== undefined;
}

/** Isolate realms: makes the global object an EventTarget. */
export function makeGlobalTarget(): EventTarget {
  globalState = { lists: undefined, handlers: undefined, onListenersChanged: undefined };
  return globalThis as unknown as EventTarget;
}

/** Watches whether a target has listeners of a type; one watcher a target. */
export function watchListeners(target: EventTarget, watcher: (type: string, hasListeners: boolean) => void): void {
  targetState(target, "watchListeners").onListenersChanged = watcher;
}

export function hasListeners(target: EventTarget, type: string): boolean {
  return targetState(target, "hasListeners").lists?.[type] !== undefined;
}

const nullableCallback = webidl.nullable(webidl.callbackInterface);

const captureMember: webidl.Member = { key: "capture", converter: webidl.boolean, default: () => false };
const removeOptions = webidl.dictionary<{ capture: boolean }>([captureMember]);
type AddOptions = { capture: boolean; once: boolean; passive?: boolean; signal?: SignalState };
const addOptions = webidl.dictionary<AddOptions>(
  [
    { key: "once", converter: webidl.boolean, default: () => false },
    { key: "passive", converter: webidl.boolean },
    { key: "signal", converter: signalStateType },
  ],
  removeOptions,
);

function isOptionsObject(options: unknown): boolean {
  return options === undefined || options === null || typeof options === "object" || typeof options === "function";
}

function findListener(list: ListenerList, callback: object, capture: boolean): number {
  const { items } = list;
  for (let index = 0; index < items.length; index++) {
    const each = items[index]!;
    if (each.callback === callback && each.capture === capture) return index;
  }
  return -1;
}

function addListener(state: EventTargetState, listener: Listener): void {
  state.lists ??= { __proto__: null } as unknown as Record<string, ListenerList>;
  const list = state.lists[listener.type];
  if (list === undefined) {
    state.lists[listener.type] = { items: [listener], walkers: 0, captures: listener.capture ? 1 : 0 };
    state.onListenersChanged?.(listener.type, true);
    return;
  }
  const own = ownList(state.lists, listener.type, list);
  own.items[own.items.length] = listener;
  if (listener.capture) own.captures++;
}

/** https://dom.spec.whatwg.org/#remove-an-event-listener */
function removeListener(state: EventTargetState, listener: Listener): void {
  if (listener.removed) return;
  listener.removed = true;
  if (listener.onSignalAbort !== undefined) removeAlgorithm(listener.signal!, listener.onSignalAbort);
  const list = state.lists![listener.type]!;
  if (list.items.length === 1) {
    delete state.lists![listener.type];
    state.onListenersChanged?.(listener.type, false);
    return;
  }
  const own = ownList(state.lists!, listener.type, list);
  const { items } = own;
  let index = 0;
  while (items[index] !== listener) index++;
  for (; index < items.length - 1; index++) items[index] = items[index + 1]!;
  items.length--;
  if (listener.capture) own.captures--;
}

function ownList(lists: Record<string, ListenerList>, type: string, list: ListenerList): ListenerList {
  if (list.walkers === 0) return list;
  const items: Listener[] = [];
  for (let index = 0; index < list.items.length; index++) items[index] = list.items[index]!;
  const copy: ListenerList = { items, walkers: 0, captures: list.captures };
  lists[type] = copy;
  return copy;
}

/**
 * https://dom.spec.whatwg.org/#concept-event-dispatch
 * @returns false when the event was canceled
 */
export function dispatch(event: Event, target: EventTarget): boolean {
  const state = eventState(event, "dispatch");
  state.dispatching = true;
  state.target = target;
  const lists = maybeStateOf(target)!.lists;
  const list = lists?.[state.type];
  if (list !== undefined) {
    state.phase = EventPhase.AtTarget;
    // At the target, capturing listeners come first.
    if (list.captures > 0) invoke(event, target, list, true);
    // A listener may have changed the list that the second round walks over.
    const second = list.captures > 0 ? maybeStateOf(target)!.lists?.[state.type] : list;
    if (second !== undefined) invoke(event, target, second, false);
  }
  state.phase = EventPhase.None;
  state.currentTarget = null;
  state.dispatching = false;
  state.stopPropagation = false;
  state.stopImmediatePropagation = false;
  return !state.canceled;
}

/** An event of the runtime's own: isTrusted is true. */
export function fireEvent(event: Event, target: EventTarget): boolean {
  eventState(event, "dispatch").isTrusted = true;
  return dispatch(event, target);
}

/** https://dom.spec.whatwg.org/#concept-event-listener-inner-invoke */
function invoke(event: Event, target: EventTarget, list: ListenerList, capture: boolean): void {
  const state = eventState(event, "dispatch");
  if (state.stopPropagation) return;
  state.currentTarget = target;
  const { items } = list;
  const count = items.length;
  list.walkers++;
  try {
    for (let index = 0; index < count; index++) {
      const listener = items[index]!;
      if (listener.removed || listener.capture !== capture) continue;
      if (listener.once) removeListener(maybeStateOf(target)!, listener);
      state.inPassiveListener = listener.passive;
      try {
        callUserObject(listener.callback, event, target);
      } catch (error) {
        reportException(error);
      }
      state.inPassiveListener = false;
      if (state.stopImmediatePropagation) return;
    }
  } finally {
    list.walkers--;
  }
}

/** https://webidl.spec.whatwg.org/#call-a-user-objects-operation */
function callUserObject(callback: object, event: Event, target: EventTarget): void {
  if (typeof callback === "function") {
    apply(callback, target, [event]);
    return;
  }
  const { handleEvent } = callback as { handleEvent?: unknown };
  if (typeof handleEvent !== "function") {
    throw webidl.conversionError("The listener's handleEvent", "a function", handleEvent);
  }
  apply(handleEvent, callback, [event]);
}

/**
 * Defines an event handler attribute such as `onabort`
 * (https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-idl-attributes).
 * @param owner the prototype, or the global object
 * @param onSet called after the attribute was set
 */
export function defineEventHandler(
  owner: object,
  type: string,
  call: (handler: Function, event: Event, target: EventTarget) => void = callEventHandler,
  onSet: (target: EventTarget) => void = () => {},
): void {
  const name = `on${type}`;
  const accessors = {
    get [name](): object | null {
      return targetState(receiver(this), name).handlers?.[type]?.value ?? null;
    },
    set [name](given: unknown) {
      const target = receiver(this);
      setHandler(target, targetState(target, name), type, webidl.eventHandler(given, name), call);
      onSet(target);
    },
  };
  const descriptor = Object.getOwnPropertyDescriptor(accessors, name)!;
  Object.defineProperty(owner, name, { ...descriptor, enumerable: true, configurable: true });
}

function setHandler(
  target: EventTarget,
  state: EventTargetState,
  type: string,
  value: object | null,
  call: (handler: Function, event: Event, target: EventTarget) => void,
): void {
  state.handlers ??= { __proto__: null } as unknown as Record<string, EventHandler>;
  const handler = state.handlers[type];
  if (handler !== undefined) {
    handler.value = value;
    if (value !== null) return;
    removeListener(state, handler.listener);
    delete state.handlers[type];
    return;
  }
  if (value === null) return;
  const listener: Listener = {
    type,
    callback: (event: Event) => {
      const current = state.handlers?.[type]?.value;
      if (typeof current === "function") call(current, event, target);
    },
    capture: false,
    once: false,
    passive: false,
    signal: undefined,
    onSignalAbort: undefined,
    removed: false,
  };
  state.handlers[type] = { value, listener };
  addListener(state, listener);
}

/** https://html.spec.whatwg.org/multipage/webappapis.html#the-event-handler-processing-algorithm */
export function callEventHandler(handler: Function, event: Event, target: EventTarget): void {
  const result: unknown = apply(handler, target, [event]);
  if (result === false) event.preventDefault();
}
