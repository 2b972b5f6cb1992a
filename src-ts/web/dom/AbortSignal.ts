/**
 * AbortSignal (https://dom.spec.whatwg.org/#interface-AbortSignal) and the operations that other
 * specifications use on one.
 */
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { setTimer, setTimerKeepsAlive } from "../html/timer-queue.ts";
import {
  addAlgorithm,
  follow,
  isAborted as isStateAborted,
  newSignalState,
  removeAlgorithm,
  type SignalState,
  setHasListeners,
  setSignalStateOf,
  signalAbort,
  signalStateOf,
  signalStateType,
} from "./abort-state.ts";
import { Event } from "./Event.ts";
import { defineEventHandler, EventTarget, fireEvent, hasListeners, watchListeners } from "./EventTarget.ts";

function fireAbort(signal: object): void {
  if (hasListeners(signal as AbortSignal, "abort")) fireEvent(new Event("abort"), signal as AbortSignal);
}

function onListenersChanged(type: string, has: boolean, state: SignalState): void {
  if (type === "abort") setHasListeners(state, has);
}

export class AbortSignal extends EventTarget {
  #state: SignalState;

  static {
    setSignalStateOf((value) => (typeof value === "object" && value !== null && #state in value ? value.#state : undefined), fireAbort);
  }

  /** Not for scripts: use AbortController, or AbortSignal.abort, timeout, any. */
  constructor(token: unknown = undefined) {
    if (token !== webidl.internalToken) throw webidl.illegalConstructor("AbortSignal");
    super();
    this.#state = newSignalState(this);
    watchListeners(this, onListenersChanged, this.#state);
  }

  /** A signal that is already aborted. @param reason defaults to an AbortError DOMException */
  static abort(reason: unknown = undefined): AbortSignal {
    const signal = createAbortSignal();
    const state = signal.#state;
    state.aborted = true;
    state.reason = reason === undefined ? domException("AbortError", "This operation was aborted") : reason;
    return signal;
  }

  /**
   * A signal that aborts with a TimeoutError DOMException. It keeps the program running only while
   * something listens to it or works under it.
   * @param milliseconds 0 to 2^53 - 1
   */
  static timeout(milliseconds: number): AbortSignal {
    webidl.requireArguments(arguments.length, 1, "AbortSignal.timeout");
    const time = webidl.unsignedLongLongEnforceRange(milliseconds, "AbortSignal.timeout: argument 1");
    const signal = createAbortSignal();
    const state = signal.#state;
    const timer = setTimer(time, false, () => {
      signalAbort(state, domException("TimeoutError", "The operation was aborted due to timeout"));
    });
    state.onObserved = (isObserved) => setTimerKeepsAlive(timer, isObserved);
    return signal;
  }

  /** A signal that aborts as soon as one of the given ones does, with its reason. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    webidl.requireArguments(arguments.length, 1, "AbortSignal.any");
    const states = signalSequence(signals, "AbortSignal.any: argument 1");
    const signal = createAbortSignal();
    follow(signal.#state, states);
    return signal;
  }

  get aborted(): boolean {
    return isStateAborted(receiver(this, "aborted"));
  }

  /** What it was aborted with; undefined while it is not. */
  get reason(): unknown {
    const state = receiver(this, "reason");
    isStateAborted(state);
    return state.reason;
  }

  /** Throws the reason if the signal is aborted. */
  throwIfAborted(): void {
    const state = receiver(this, "throwIfAborted");
    if (isStateAborted(state)) throw state.reason;
  }
}

export interface AbortSignal {
  // biome-ignore lint: as lib.dom types it
  onabort: ((this: AbortSignal, event: any) => unknown) | null;
}

function receiver(self: unknown, member: string): SignalState {
  const state = signalStateOf(self);
  if (state === undefined) throw webidl.illegalInvocation(`AbortSignal.${member}`);
  return state;
}

const signalSequence = webidl.sequence(signalStateType);

webidl.exposeInterface(AbortSignal, { inspect: ["aborted"] });
defineEventHandler(AbortSignal.prototype, "abort", { interfaceName: "AbortSignal", is: isAbortSignal });

export function createAbortSignal(): AbortSignal {
  return new (AbortSignal as unknown as new (token: symbol) => AbortSignal)(webidl.internalToken);
}

// What other specifications do with a signal.

export function isAbortSignal(value: unknown): value is AbortSignal {
  return signalStateOf(value) !== undefined;
}

/** A webidl converter. */
export const abortSignalType = webidl.interfaceType("AbortSignal", isAbortSignal);

export function isAborted(signal: AbortSignal): boolean {
  return isStateAborted(receiver(signal, "aborted"));
}

export function abortReason(signal: AbortSignal): unknown {
  const state = receiver(signal, "reason");
  isStateAborted(state);
  return state.reason;
}

/**
 * https://dom.spec.whatwg.org/#abortsignal-add: runs once, before the "abort" event; nothing happens on a
 * signal that is aborted already. Take it away again when the work is done: until then a
 * timeout's timer keeps the program running.
 */
export function addAbortAlgorithm(signal: AbortSignal, algorithm: () => void): void {
  addAlgorithm(receiver(signal, "addEventListener"), algorithm);
}

export function removeAbortAlgorithm(signal: AbortSignal, algorithm: () => void): void {
  removeAlgorithm(receiver(signal, "removeEventListener"), algorithm);
}

/** https://dom.spec.whatwg.org/#abortsignal-signal-abort; an undefined reason becomes an AbortError. */
export function abortSignal(signal: AbortSignal, reason?: unknown): void {
  signalAbort(receiver(signal, "abort"), reason);
}

/** https://dom.spec.whatwg.org/#create-a-dependent-abort-signal */
export function createDependentAbortSignal(signals: readonly AbortSignal[]): AbortSignal {
  const signal = createAbortSignal();
  follow(
    receiver(signal, "any"),
    signals.map((each) => receiver(each, "any")),
  );
  return signal;
}
