/**
 * What an AbortSignal is inside (https://dom.spec.whatwg.org/#interface-AbortSignal) and the operations on it.
 *
 * Invariants. A dependent signal (AbortSignal.any) refers to its sources, never to another dependent. Its
 * sources refer to it only while it is observed (has an abort algorithm or an "abort" listener); one that is
 * not observed finds out that it is aborted when it is asked, by the order in which its sources aborted.
 * So a signal that lives as long as the process holds nothing of the short-lived signals made from it, and
 * no weak reference is needed.
 */
import { uncurryThis } from "../../internal/primordials.ts";
import { conversionError } from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";

type Algorithm = () => void;

export interface SignalState {
  aborted: boolean;
  reason: unknown;
  /** Place of its abort among all aborts, from 1. */
  abortOrder: number;
  /** Place of its creation among all dependent signals: the order in which dependents abort. */
  dependentOrder: number;
  algorithms: Set<Algorithm> | undefined;
  hasListeners: boolean;
  sources: SignalState[] | undefined;
  /** Observed dependents. */
  dependents: Set<SignalState> | undefined;
  onObserved: ((isObserved: boolean) => void) | undefined;
  /** The AbortSignal. */
  readonly signal: object;
}

const setAdd = uncurryThis(Set.prototype.add) as <T>(set: Set<T>, value: T) => Set<T>;
const setDelete = uncurryThis(Set.prototype.delete) as <T>(set: Set<T>, value: T) => boolean;
const setForEach = uncurryThis(Set.prototype.forEach) as <T>(set: Set<T>, run: (value: T) => void) => void;
const arraySort = uncurryThis(Array.prototype.sort) as <T>(list: T[], compare: (a: T, b: T) => number) => T[];

let abortCount = 0;
let dependentCount = 0;

export function newSignalState(signal: object): SignalState {
  return {
    aborted: false,
    reason: undefined,
    abortOrder: 0,
    dependentOrder: 0,
    algorithms: undefined,
    hasListeners: false,
    sources: undefined,
    dependents: undefined,
    onObserved: undefined,
    signal,
  };
}

/** Set by AbortSignal.ts, so that EventTarget (which AbortSignal extends) can take signals. */
export let signalStateOf: (value: unknown) => SignalState | undefined = () => undefined;
let fireAbort: (signal: object) => void;
export function setSignalStateOf(stateOf: typeof signalStateOf, fire: typeof fireAbort): void {
  signalStateOf = stateOf;
  fireAbort = fire;
}

/** A webidl converter from an AbortSignal to its state. */
export function signalStateType(value: unknown, context: string): SignalState {
  const state = signalStateOf(value);
  if (state === undefined) throw conversionError(context, "an AbortSignal object", value);
  return state;
}

export function isAborted(state: SignalState): boolean {
  if (state.aborted) return true;
  if (state.sources === undefined) return false;
  let first: SignalState | undefined;
  for (let index = 0; index < state.sources.length; index++) {
    const source = state.sources[index]!;
    if (source.aborted && (first === undefined || source.abortOrder < first.abortOrder)) first = source;
  }
  if (first === undefined) return false;
  markAborted(state, first.reason, first.abortOrder);
  return true;
}

function markAborted(state: SignalState, reason: unknown, order: number): void {
  if (isObserved(state)) detach(state);
  state.aborted = true;
  state.reason = reason;
  state.abortOrder = order;
  state.sources = undefined;
}

function isObserved(state: SignalState): boolean {
  return (
    state.hasListeners ||
    (state.algorithms !== undefined && state.algorithms.size > 0) ||
    (state.dependents !== undefined && state.dependents.size > 0)
  );
}

function attach(state: SignalState): void {
  if (state.sources === undefined) return;
  for (const source of state.sources) {
    const wasObserved = isObserved(source);
    setAdd((source.dependents ??= new Set()), state);
    if (!wasObserved) source.onObserved?.(true);
  }
}

function detach(state: SignalState): void {
  if (state.sources === undefined) return;
  for (const source of state.sources) {
    if (source.dependents === undefined) continue;
    setDelete(source.dependents, state);
    if (!isObserved(source)) source.onObserved?.(false);
  }
}

/** Tells the sources and the timer when a change made the signal observed or unobserved. */
function observationChanged(state: SignalState, before: boolean): void {
  const after = isObserved(state);
  if (before === after || state.aborted) return;
  if (after) attach(state);
  else detach(state);
  state.onObserved?.(after);
}

export function setHasListeners(state: SignalState, hasListeners: boolean): void {
  const before = isObserved(state);
  state.hasListeners = hasListeners;
  observationChanged(state, before);
}

/** https://dom.spec.whatwg.org/#abortsignal-add */
export function addAlgorithm(state: SignalState, algorithm: Algorithm): void {
  if (isAborted(state)) return;
  const before = isObserved(state);
  setAdd((state.algorithms ??= new Set()), algorithm);
  observationChanged(state, before);
}

/** https://dom.spec.whatwg.org/#abortsignal-remove */
export function removeAlgorithm(state: SignalState, algorithm: Algorithm): void {
  if (state.algorithms === undefined) return;
  const before = isObserved(state);
  setDelete(state.algorithms, algorithm);
  observationChanged(state, before);
}

/** https://dom.spec.whatwg.org/#abortsignal-signal-abort */
export function signalAbort(state: SignalState, reason: unknown): void {
  if (isAborted(state)) return;
  state.aborted = true;
  state.abortOrder = ++abortCount;
  state.reason = reason === undefined ? domException("AbortError", "This operation was aborted") : reason;
  const dependents: SignalState[] = [];
  if (state.dependents !== undefined) {
    setForEach(state.dependents, (dependent) => {
      dependents[dependents.length] = dependent;
    });
    arraySort(dependents, (a, b) => a.dependentOrder - b.dependentOrder);
    for (let index = 0; index < dependents.length; index++) {
      markAborted(dependents[index]!, state.reason, state.abortOrder);
    }
    state.dependents = undefined;
  }
  runAbortSteps(state);
  for (let index = 0; index < dependents.length; index++) runAbortSteps(dependents[index]!);
}

/** https://dom.spec.whatwg.org/#run-the-abort-steps */
function runAbortSteps(state: SignalState): void {
  const { algorithms } = state;
  if (algorithms !== undefined) {
    setForEach(algorithms, (algorithm) => algorithm());
    state.algorithms = undefined;
  }
  state.onObserved?.(false);
  fireAbort(state.signal);
}

/** https://dom.spec.whatwg.org/#create-a-dependent-abort-signal, on an already made state. */
export function follow(state: SignalState, signals: readonly SignalState[]): void {
  for (const signal of signals) {
    if (!isAborted(signal)) continue;
    markAborted(state, signal.reason, signal.abortOrder);
    return;
  }
  const sources: SignalState[] = [];
  const addSource = (source: SignalState): void => {
    for (const each of sources) if (each === source) return;
    sources[sources.length] = source;
  };
  for (const signal of signals) {
    if (signal.dependentOrder === 0) addSource(signal);
    else signal.sources?.forEach(addSource);
  }
  state.sources = sources;
  state.dependentOrder = ++dependentCount;
}
