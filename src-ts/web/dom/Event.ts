/**
 * Event (https://dom.spec.whatwg.org/#interface-event). Its state is one inner record that dispatch
 * (dispatch.ts) works on; the class is a shell.
 */

import { intrinsics, ops } from "../../internal/ops.ts";
import { defineProperty } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { relativeTime } from "../performance/clock.ts";
import type { EventTarget } from "./EventTarget.ts";

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

export const enum EventPhase {
  None = 0,
  Capturing = 1,
  AtTarget = 2,
  Bubbling = 3,
}

/** https://dom.spec.whatwg.org/#concept-event, with the standard's flags under their names. */
export interface EventState {
  type: string;
  target: EventTarget | null;
  currentTarget: EventTarget | null;
  phase: EventPhase;
  bubbles: boolean;
  cancelable: boolean;
  composed: boolean;
  stopPropagation: boolean;
  stopImmediatePropagation: boolean;
  canceled: boolean;
  inPassiveListener: boolean;
  dispatching: boolean;
  isTrusted: boolean;
  /** On `ops.clock_now`'s scale. */
  createdAt: number;
}

export const eventInit = webidl.dictionary<Required<EventInit>>([
  { key: "bubbles", converter: webidl.boolean, default: () => false },
  { key: "cancelable", converter: webidl.boolean, default: () => false },
  { key: "composed", converter: webidl.boolean, default: () => false },
]);

let maybeStateOf: (value: unknown) => EventState | undefined;

/**
 * What each event of the class itself begins as a copy of: `isTrusted` is [LegacyUnforgeable], a property on every object, and
 * to define it takes V8 five times as long as to copy an object that has it.
 */
let blank: Event | undefined;

export function isEvent(value: unknown): value is Event {
  return maybeStateOf(value) !== undefined;
}

/** The inner record of an event; a TypeError for anything else. */
export function eventState(event: unknown, member: string): EventState {
  const state = maybeStateOf(event);
  if (state === undefined) throw webidl.illegalInvocation(`Event.${member}`);
  return state;
}

export class Event {
  #state!: EventState;

  static {
    maybeStateOf = (value) => (typeof value === "object" && value !== null && #state in value ? value.#state : undefined);
  }

  /**
   * @param type the event's name
   * @param eventInitDict bubbles, cancelable, composed: each false by default
   */
  constructor(type: string, eventInitDict: EventInit = {}) {
    webidl.requireArguments(arguments.length, 1, "Event constructor");
    const typeString = webidl.DOMString(type, "Event constructor: argument 1");
    const isDefault = arguments.length === 1 || eventInitDict === undefined;
    const init = isDefault ? undefined : eventInit(eventInitDict, "Event constructor: argument 2");
    const state: EventState = {
      type: typeString,
      target: null,
      currentTarget: null,
      phase: EventPhase.None,
      bubbles: init?.bubbles ?? false,
      cancelable: init?.cancelable ?? false,
      composed: init?.composed ?? false,
      stopPropagation: false,
      stopImmediatePropagation: false,
      canceled: false,
      inPassiveListener: false,
      dispatching: false,
      isTrusted: false,
      createdAt: ops.clock_now(),
    };
    if (new.target !== Event) {
      defineProperty(this, "isTrusted", isTrustedDescriptor);
      this.#state = state;
      return;
    }
    if (blank === undefined) {
      defineProperty(this, "isTrusted", isTrustedDescriptor);
      blank = this;
    }
    const event = intrinsics.copyObject(blank);
    event.#state = state;
    // biome-ignore lint/correctness/noConstructorReturn: a copy takes the place of the new object
    return event;
  }

  get type(): string {
    return eventState(this, "type").type;
  }

  get target(): EventTarget | null {
    return eventState(this, "target").target;
  }

  get srcElement(): EventTarget | null {
    return eventState(this, "srcElement").target;
  }

  get currentTarget(): EventTarget | null {
    return eventState(this, "currentTarget").currentTarget;
  }

  /** While it is dispatched, the targets whose listeners will be called: here always the one target. */
  composedPath(): EventTarget[] {
    const { currentTarget } = eventState(this, "composedPath");
    return currentTarget === null ? [] : [currentTarget];
  }

  get eventPhase(): number {
    return eventState(this, "eventPhase").phase;
  }

  stopPropagation(): void {
    eventState(this, "stopPropagation").stopPropagation = true;
  }

  get cancelBubble(): boolean {
    return eventState(this, "cancelBubble").stopPropagation;
  }

  set cancelBubble(value: boolean) {
    const state = eventState(this, "cancelBubble");
    if (value) state.stopPropagation = true;
  }

  stopImmediatePropagation(): void {
    const state = eventState(this, "stopImmediatePropagation");
    state.stopPropagation = true;
    state.stopImmediatePropagation = true;
  }

  get bubbles(): boolean {
    return eventState(this, "bubbles").bubbles;
  }

  get cancelable(): boolean {
    return eventState(this, "cancelable").cancelable;
  }

  get returnValue(): boolean {
    return !eventState(this, "returnValue").canceled;
  }

  set returnValue(value: boolean) {
    const state = eventState(this, "returnValue");
    if (!value) setCanceled(state);
  }

  /** Cancels the event if it is cancelable and not in a passive listener. */
  preventDefault(): void {
    setCanceled(eventState(this, "preventDefault"));
  }

  get defaultPrevented(): boolean {
    return eventState(this, "defaultPrevented").canceled;
  }

  get composed(): boolean {
    return eventState(this, "composed").composed;
  }

  /** When it was made: milliseconds after the time origin, as `performance.now()`. */
  get timeStamp(): number {
    return relativeTime(eventState(this, "timeStamp").createdAt);
  }

  /** https://dom.spec.whatwg.org/#dom-event-initevent */
  initEvent(type: string, bubbles: boolean = false, cancelable: boolean = false): void {
    const state = eventState(this, "initEvent");
    webidl.requireArguments(arguments.length, 1, "Event.initEvent");
    const typeString = webidl.DOMString(type, "Event.initEvent: argument 1");
    initializeEvent(state, typeString, !!bubbles, !!cancelable);
  }
}

export interface Event {
  /** True for events that the runtime dispatched. */
  readonly isTrusted: boolean;
}

// All four members, so that nothing is inherited; and an ordinary object, which V8 reads several times faster than one
// without a prototype.
const isTrustedDescriptor: PropertyDescriptor = {
  get: Object.getOwnPropertyDescriptor(
    {
      get isTrusted() {
        return eventState(this, "isTrusted").isTrusted;
      },
    },
    "isTrusted",
  )!.get,
  set: undefined,
  enumerable: true,
  configurable: false,
};

webidl.exposeInterface(Event, {
  inspect: ["type", "defaultPrevented", "cancelable", "timeStamp"],
  constants: { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 },
});

/** https://dom.spec.whatwg.org/#set-the-canceled-flag */
function setCanceled(state: EventState): void {
  if (state.cancelable && !state.inPassiveListener) state.canceled = true;
}

/** https://dom.spec.whatwg.org/#concept-event-initialize; nothing while the event is dispatched. */
export function initializeEvent(state: EventState, type: string, bubbles: boolean, cancelable: boolean): boolean {
  if (state.dispatching) return false;
  state.stopPropagation = false;
  state.stopImmediatePropagation = false;
  state.canceled = false;
  state.isTrusted = false;
  state.target = null;
  state.type = type;
  state.bubbles = bubbles;
  state.cancelable = cancelable;
  return true;
}
