/**
 * PerformanceObserver and PerformanceObserverEntryList
 * (https://w3c.github.io/performance-timeline/#the-performanceobserver-interface).
 */
import { apply } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { domException } from "../dom-exception/DOMException.ts";
import { reportException } from "../html/report.ts";
import type { PerformanceEntry } from "./PerformanceEntry.ts";
import { addBuffered, filterEntries, isSupported, type Observation, register, supported_entry_types, unregister } from "./timeline.ts";

export class PerformanceObserverEntryList {
  #entries: PerformanceEntry[];

  /** Not for scripts: an observer's callback gets one. */
  constructor(token: unknown = undefined) {
    if (token !== webidl.internalToken) throw webidl.illegalConstructor("PerformanceObserverEntryList");
    this.#entries = arguments[1] as PerformanceEntry[];
  }

  /** All of them, in the order of their start. */
  getEntries(): PerformanceEntry[] {
    if (!(#entries in this)) throw webidl.illegalInvocation("PerformanceObserverEntryList.getEntries");
    return filterEntries(this.#entries, null, null);
  }

  getEntriesByType(type: string): PerformanceEntry[] {
    if (!(#entries in this)) throw webidl.illegalInvocation("PerformanceObserverEntryList.getEntriesByType");
    webidl.requireArguments(arguments.length, 1, "PerformanceObserverEntryList.getEntriesByType");
    return filterEntries(this.#entries, null, webidl.DOMString(type, "PerformanceObserverEntryList.getEntriesByType: argument 1"));
  }

  getEntriesByName(name: string, type: string | undefined = undefined): PerformanceEntry[] {
    const context = "PerformanceObserverEntryList.getEntriesByName";
    if (!(#entries in this)) throw webidl.illegalInvocation(context);
    webidl.requireArguments(arguments.length, 1, context);
    const typedName = webidl.DOMString(name, `${context}: argument 1`);
    return filterEntries(this.#entries, typedName, type === undefined ? null : webidl.DOMString(type, `${context}: argument 2`));
  }
}

webidl.exposeInterface(PerformanceObserverEntryList);

/** https://w3c.github.io/performance-timeline/#dom-performanceobserverinit */
export interface PerformanceObserverInit {
  /** Several types; then not `type`, and `buffered` is ignored. */
  entryTypes?: Iterable<string>;
  /** One type; `observe` can be called for each. */
  type?: string;
  /** With `type`: also the entries that are there already. */
  buffered?: boolean;
}

const observerInit = webidl.dictionary<{ entryTypes?: string[]; type?: string; buffered?: boolean }>([
  { key: "buffered", converter: webidl.boolean },
  { key: "entryTypes", converter: webidl.sequence(webidl.DOMString) },
  { key: "type", converter: webidl.DOMString },
]);

export type PerformanceObserverCallback = (
  this: PerformanceObserver,
  entries: PerformanceObserverEntryList,
  observer: PerformanceObserver,
  options: { droppedEntriesCount?: number },
) => void;

const supportedEntryTypes = Object.freeze([...supported_entry_types]);

export class PerformanceObserver {
  #observation: Observation;
  /** "observer type" */
  #isMultiple: boolean | undefined = undefined;
  #requiresDroppedEntries = false;

  /** @param callback called in a task of its own after entries were added */
  constructor(callback: PerformanceObserverCallback) {
    webidl.requireArguments(arguments.length, 1, "PerformanceObserver constructor");
    const run = webidl.callbackFunction(callback, "PerformanceObserver constructor: argument 1");
    this.#observation = {
      types: [],
      buffer: [],
      notify: () => {
        const Class = PerformanceObserverEntryList as unknown as new (...args: unknown[]) => PerformanceObserverEntryList;
        const list = new Class(webidl.internalToken, this.#takeBuffer());
        // No buffer here ever drops an entry.
        const options = this.#requiresDroppedEntries ? { droppedEntriesCount: 0 } : {};
        this.#requiresDroppedEntries = false;
        try {
          apply(run, this, [list, this, options]);
        } catch (error) {
          reportException(error);
        }
      },
    };
  }

  /** The entry types there are. */
  static get supportedEntryTypes(): readonly string[] {
    return supportedEntryTypes;
  }

  /**
   * Begins to observe. Types that are not supported are ignored.
   * @throws TypeError for neither or both of `entryTypes` and `type`
   * @throws DOMException InvalidModificationError when both kinds of call are mixed
   */
  observe(options: PerformanceObserverInit = {}): void {
    const context = "PerformanceObserver.observe";
    if (!(#observation in this)) throw webidl.illegalInvocation(context);
    const { entryTypes, type, buffered } = observerInit(options, `${context}: argument 1`);
    if (entryTypes === undefined && type === undefined) {
      throw new TypeError(`${context}: argument 1 must have the member 'entryTypes' or 'type'`);
    }
    // The standard throws for 'buffered' with 'entryTypes' too; no browser does, as pages broke
    // (https://github.com/w3c/performance-timeline/issues/215).
    if (entryTypes !== undefined && type !== undefined) {
      throw new TypeError(`${context}: argument 1 must have 'entryTypes' or 'type', not both`);
    }
    const isMultiple = entryTypes !== undefined;
    this.#isMultiple ??= isMultiple;
    if (this.#isMultiple !== isMultiple) {
      throw domException("InvalidModificationError", `${context}: an observer uses 'entryTypes' or 'type' for all its calls`);
    }
    this.#requiresDroppedEntries = true;
    const observation = this.#observation;
    if (entryTypes !== undefined) {
      const types = entryTypes.filter(isSupported);
      if (types.length === 0) return;
      observation.types = types;
      register(observation);
      return;
    }
    if (!isSupported(type!)) return;
    if (!observation.types.includes(type)) observation.types.push(type);
    register(observation);
    if (buffered) addBuffered(observation, type);
  }

  /** Ends all observation and drops what was not delivered. */
  disconnect(): void {
    if (!(#observation in this)) throw webidl.illegalInvocation("PerformanceObserver.disconnect");
    unregister(this.#observation);
    this.#observation.buffer = [];
    this.#observation.types = [];
  }

  /** What was not delivered yet. */
  takeRecords(): PerformanceEntry[] {
    if (!(#observation in this)) throw webidl.illegalInvocation("PerformanceObserver.takeRecords");
    return this.#takeBuffer();
  }

  #takeBuffer(): PerformanceEntry[] {
    const { buffer } = this.#observation;
    this.#observation.buffer = [];
    return buffer;
  }
}

webidl.exposeInterface(PerformanceObserver);
