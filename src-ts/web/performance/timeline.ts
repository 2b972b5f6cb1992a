/**
 * The realm's performance timeline (https://w3c.github.io/performance-timeline/#performance-timeline): the
 * buffers of its entries, and who observes them.
 */
import { queueTask } from "../html/task-queue.ts";
import { entryState, type PerformanceEntry } from "./PerformanceEntry.ts";

/** https://w3c.github.io/performance-timeline/#dom-performanceobserver-supportedentrytypes, in order. */
export const supported_entry_types = ["mark", "measure"] as const;
export type EntryType = (typeof supported_entry_types)[number];

/** A registered performance observer. */
export interface Observation {
  /** The entry types it asked for. */
  types: string[];
  buffer: PerformanceEntry[];
  /** Calls the observer's callback with what is in the buffer. */
  notify(): void;
}

const buffers: Record<EntryType, PerformanceEntry[]> = { mark: [], measure: [] };
let observations: Observation[] = [];
let isTaskQueued = false;

export function isSupported(type: string): type is EntryType {
  return type === "mark" || type === "measure";
}

/** https://w3c.github.io/performance-timeline/#queue-a-performanceentry */
export function addEntry(entry: PerformanceEntry): void {
  const { entryType } = entryState(entry);
  for (const observation of observations) {
    if (!observation.types.includes(entryType)) continue;
    observation.buffer.push(entry);
    queueObserverTask();
  }
  buffers[entryType as EntryType].push(entry);
}

/** @param name undefined clears all */
export function clearEntries(type: EntryType, name: string | undefined): void {
  buffers[type] = name === undefined ? [] : buffers[type].filter((entry) => entryState(entry).name !== name);
}

/** https://w3c.github.io/performance-timeline/#filter-buffer-map-by-name-and-type */
export function getEntries(name: string | null, type: string | null): PerformanceEntry[] {
  if (type === null) return filterEntries([...buffers.mark, ...buffers.measure], name, null);
  return isSupported(type) ? filterEntries(buffers[type], name, null) : [];
}

/** https://w3c.github.io/performance-timeline/#filter-buffer-by-name-and-type, in the order of their start. */
export function filterEntries(entries: readonly PerformanceEntry[], name: string | null, type: string | null): PerformanceEntry[] {
  return entries
    .filter((entry) => {
      const state = entryState(entry);
      return (name === null || state.name === name) && (type === null || state.entryType === type);
    })
    .sort((a, b) => entryState(a).startTime - entryState(b).startTime);
}

/** The latest mark of that name. */
export function findMark(name: string): PerformanceEntry | undefined {
  const { mark } = buffers;
  for (let index = mark.length - 1; index >= 0; index--) {
    if (entryState(mark[index]!).name === name) return mark[index];
  }
  return undefined;
}

export function register(observation: Observation): void {
  if (!observations.includes(observation)) observations = [...observations, observation];
}

export function unregister(observation: Observation): void {
  observations = observations.filter((each) => each !== observation);
}

/** Gives an observer what was there before it: the `buffered` flag. */
export function addBuffered(observation: Observation, type: EntryType): void {
  observation.buffer.push(...getEntries(null, type));
  queueObserverTask();
}

/** https://w3c.github.io/performance-timeline/#queue-the-performanceobserver-task */
function queueObserverTask(): void {
  if (isTaskQueued) return;
  isTaskQueued = true;
  queueTask(() => {
    isTaskQueued = false;
    for (const observation of observations) if (observation.buffer.length > 0) observation.notify();
  });
}
