/**
 * PerformanceEntry (https://w3c.github.io/performance-timeline/#the-performanceentry-interface).
 */
import * as webidl from "../../internal/webidl.ts";

export interface EntryState {
  id: number;
  name: string;
  entryType: string;
  startTime: number;
  duration: number;
}

let lastId = 0;

export let isPerformanceEntry: (value: unknown) => value is PerformanceEntry;
export let entryState: (entry: PerformanceEntry) => EntryState;

/** Something that was measured, on the realm's timeline. */
export class PerformanceEntry {
  #state: EntryState;

  static {
    isPerformanceEntry = (value): value is PerformanceEntry => typeof value === "object" && value !== null && #state in value;
    entryState = (entry) => entry.#state;
  }

  /** Not for scripts: use `performance.mark` and `performance.measure`. */
  constructor(token: unknown = undefined) {
    if (token !== webidl.internalToken) throw webidl.illegalConstructor("PerformanceEntry");
    const [, name, entryType, startTime, duration] = arguments as unknown as [symbol, string, string, number, number];
    this.#state = { id: ++lastId, name, entryType, startTime, duration };
  }

  /** Unique among the realm's entries. */
  get id(): number {
    return receiver(this, "id").id;
  }

  get name(): string {
    return receiver(this, "name").name;
  }

  /** "mark" or "measure". */
  get entryType(): string {
    return receiver(this, "entryType").entryType;
  }

  /** Milliseconds after the time origin. */
  get startTime(): number {
    return receiver(this, "startTime").startTime;
  }

  /** Milliseconds. */
  get duration(): number {
    return receiver(this, "duration").duration;
  }

  /** Always 0: there is no navigation. */
  get navigationId(): number {
    receiver(this, "navigationId");
    return 0;
  }

  toJSON(): object {
    const { id, name, entryType, startTime, duration } = receiver(this, "toJSON");
    return { id, name, entryType, startTime, duration, navigationId: 0 };
  }
}

function receiver(self: unknown, member: string): EntryState {
  if (!isPerformanceEntry(self)) throw webidl.illegalInvocation(`PerformanceEntry.${member}`);
  return entryState(self);
}

webidl.exposeInterface(PerformanceEntry, { inspect: ["name", "entryType", "startTime", "duration"] });

/** What a subclass calls `super` with. */
export const entryArguments = (name: string, entryType: string, startTime: number, duration: number): [unknown] =>
  [webidl.internalToken, name, entryType, startTime, duration] as unknown as [unknown];
