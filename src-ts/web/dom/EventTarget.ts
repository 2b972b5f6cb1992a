/**
 * EventTarget (https://dom.spec.whatwg.org/#interface-eventtarget).
 *
 * Listeners are kept per type. A list that is being dispatched is never changed: adding or removing
 * meanwhile puts a copy in its place ("cloning the list" only when it matters). An event here has one
 * target and no ancestors: nothing in a server runtime has a "get the parent".
 */
import { apply, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { reportException } from "../html/report.ts";
import type { AbortSignal } from "./AbortSignal.ts";
import { addAlgorithm, isAborted, removeAlgorithm, type SignalState, signalStateType } from "./abort-state.ts";
import { type Event, EventPhase, type EventState, eventState, isEvent } from "./Event.ts";

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

/** The listeners of one type. */
interface ListenerList {
  items: Listener[];
  /** How many dispatches walk over `items` now. */
  walkers: number;
  captures: number;
}

export interface EventTargetState {
  lists: Map<string, ListenerList> | undefined;
  /** Event handlers (`onabort` …) by type; made on first use. */
  handlers: Record<string, EventHandler> | undefined;
  /** Called when the first listener of a type was added or the last one removed. */
  onListenersChanged: ListenersWatcher<never> | undefined;
  watcherContext: unknown;
}

type ListenersWatcher<Context> = (type: string, hasListeners: boolean, context: Context) => void;

interface EventHandler {
  value: object | null;
  listener: Listener;
}

const mapGet = uncurryThis(Map.prototype.get) as (map: Map<string, ListenerList>, type: string) => ListenerList | undefined;
const mapSet = uncurryThis(Map.prototype.set) as (map: Map<string, ListenerList>, type: string, list: ListenerList) => unknown;
const mapDelete = uncurryThis(Map.prototype.delete) as (map: Map<string, ListenerList>, type: string) => boolean;

function listOf(state: EventTargetState, type: string): ListenerList | undefined {
  return state.lists === undefined ? undefined : mapGet(state.lists, type);
}

let maybeStateOf: (value: unknown) => EventTargetState | undefined;

/** Isolate realms: the global object is an EventTarget too, with its state here. */
let globalState: EventTargetState | undefined;

export class EventTarget {
  #state: EventTargetState = { lists: undefined, handlers: undefined, onListenersChanged: undefined, watcherContext: undefined };

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
  addEventListener(type: string, callback: EventListener | null, options: AddEventListenerOptions | boolean | undefined = undefined): void {
    const target = receiver(this);
    const state = targetState(target, "addEventListener");
    webidl.requireArguments(arguments.length, 2, "EventTarget.addEventListener");
    const typeString = webidl.DOMString(type, "EventTarget.addEventListener: argument 1");
    const callbackObject = nullableCallback(callback, "EventTarget.addEventListener: argument 2");
    const flat = flattenMore(options);
    if (callbackObject === null || (flat.signal !== undefined && isAborted(flat.signal))) return;
    const list = listOf(state, typeString);
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
  removeEventListener(type: string, callback: EventListener | null, options: EventListenerOptions | boolean | undefined = undefined): void {
    const state = targetState(receiver(this), "removeEventListener");
    webidl.requireArguments(arguments.length, 2, "EventTarget.removeEventListener");
    const typeString = webidl.DOMString(type, "EventTarget.removeEventListener: argument 1");
    const callbackObject = nullableCallback(callback, "EventTarget.removeEventListener: argument 2");
    const capture = flatten(options);
    const list = listOf(state, typeString);
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
  globalState = { lists: undefined, handlers: undefined, onListenersChanged: undefined, watcherContext: undefined };
  return globalThis as unknown as EventTarget;
}

/** Watches whether a target has listeners of a type; one watcher a target, which gets the context with each call. */
export function watchListeners<Context>(target: EventTarget, watcher: ListenersWatcher<Context>, context: Context): void {
  const state = targetState(target, "watchListeners");
  state.onListenersChanged = watcher;
  state.watcherContext = context;
}

export function hasListeners(target: EventTarget, type: string): boolean {
  return listOf(targetState(target, "hasListeners"), type) !== undefined;
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
const withoutOptions: AddOptions = { capture: false, once: false };
const withCapture: AddOptions = { capture: true, once: false };

/** https://dom.spec.whatwg.org/#concept-flatten-options */
function flatten(options: unknown): boolean {
  if (options === undefined) return false;
  return isOptionsObject(options) ? removeOptions(options, "EventTarget.removeEventListener: argument 3").capture : !!options;
}

/** https://dom.spec.whatwg.org/#event-flatten-more */
function flattenMore(options: unknown): AddOptions {
  if (options === undefined) return withoutOptions;
  if (isOptionsObject(options)) return addOptions(options, "EventTarget.addEventListener: argument 3");
  return options ? withCapture : withoutOptions;
}

function isOptionsObject(options: unknown): boolean {
  return options === null || typeof options === "object" || typeof options === "function";
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
  state.lists ??= new Map();
  const list = mapGet(state.lists, listener.type);
  if (list === undefined) {
    mapSet(state.lists, listener.type, { items: [listener], walkers: 0, captures: listener.capture ? 1 : 0 });
    state.onListenersChanged?.(listener.type, true, state.watcherContext as never);
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
  const list = mapGet(state.lists!, listener.type)!;
  if (list.items.length === 1) {
    mapDelete(state.lists!, listener.type);
    state.onListenersChanged?.(listener.type, false, state.watcherContext as never);
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

function ownList(lists: Map<string, ListenerList>, type: string, list: ListenerList): ListenerList {
  if (list.walkers === 0) return list;
  const items: Listener[] = [];
  for (let index = 0; index < list.items.length; index++) items[index] = list.items[index]!;
  const copy: ListenerList = { items, walkers: 0, captures: list.captures };
  mapSet(lists, type, copy);
  return copy;
}

/**
 * https://dom.spec.whatwg.org/#concept-event-dispatch
 * @returns false when the event was canceled
 */
export function dispatch(event: Event, target: EventTarget): boolean {
  const state = eventState(event, "dispatch");
  const targetStateRecord = maybeStateOf(target)!;
  state.target = target;
  const list = listOf(targetStateRecord, state.type);
  if (list !== undefined) {
    state.dispatching = true;
    state.phase = EventPhase.AtTarget;
    // At the target, capturing listeners come first.
    if (list.captures > 0) invoke(event, state, target, targetStateRecord, list, true);
    // A listener may have changed the list that the second round walks over.
    const second = list.captures > 0 ? listOf(targetStateRecord, state.type) : list;
    if (second !== undefined) invoke(event, state, target, targetStateRecord, second, false);
    state.phase = EventPhase.None;
    state.currentTarget = null;
    state.dispatching = false;
  }
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
function invoke(
  event: Event,
  state: EventState,
  target: EventTarget,
  targetStateRecord: EventTargetState,
  list: ListenerList,
  capture: boolean,
): void {
  if (state.stopPropagation) return;
  state.currentTarget = target;
  const { items } = list;
  const count = items.length;
  list.walkers++;
  try {
    for (let index = 0; index < count; index++) {
      const listener = items[index]!;
      if (listener.removed || listener.capture !== capture) continue;
      if (listener.once) removeListener(targetStateRecord, listener);
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

export interface EventHandlerAttribute {
  /** Of the interface. */
  interfaceName: string;
  /** The interface's brand check. */
  is: (value: unknown) => boolean;
  /** What calls the handler; the event handler processing algorithm without it. */
  call?: (handler: Function, event: Event, target: EventTarget) => void;
  /** Called after the attribute was set. */
  onSet?: (target: EventTarget) => void;
}

/**
 * Defines an event handler attribute such as `onabort`
 * (https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-idl-attributes).
 * @param owner the prototype, or the global object
 */
export function defineEventHandler(
  owner: object,
  type: string,
  { interfaceName, is, call = callEventHandler, onSet = () => {} }: EventHandlerAttribute,
): void {
  const name = `on${type}`;
  const checked = (self: unknown): EventTarget => {
    const target = receiver(self);
    if (!is(target)) throw webidl.illegalInvocation(`${interfaceName}.${name}`);
    return target;
  };
  const accessors = {
    get [name](): object | null {
      return targetState(checked(this), name).handlers?.[type]?.value ?? null;
    },
    set [name](given: unknown) {
      const target = checked(this);
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
function callEventHandler(handler: Function, event: Event, target: EventTarget): void {
  const result: unknown = apply(handler, target, [event]);
  if (result === false) event.preventDefault();
}
