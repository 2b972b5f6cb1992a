/**
 * The realm's timers: a binary heap by deadline over one native timer (op `timer_arm`).
 *
 * Invariants. heap[i].slot === i; a timer that is not in the heap has slot -1. The native timer is armed,
 * at the end of the current microtask checkpoint at the latest, at a time no later than the first deadline;
 * it counts as pending work exactly when a timer in the heap keeps the realm alive. Arming is batched in a
 * microtask, so setting and clearing a timer in one turn costs no call out of JavaScript.
 */
import { intrinsics, ops } from "../../internal/ops.ts";
import { reportException } from "./report.ts";

export interface Timer {
  /** On clock_now's scale, milliseconds. */
  deadline: number;
  /** Order of creation: decides between equal deadlines. */
  order: number;
  slot: number;
  keepsAlive: boolean;
  run: () => void;
}

const heap: Timer[] = [];
let keepAliveCount = 0;
let timerCount = 0;
let armedAt = Infinity;
let armedKeepsAlive = false;
let isArmingQueued = false;

/**
 * https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#run-steps-after-a-timeout
 * @param milliseconds from now, not negative
 * @param keepsAlive whether the realm waits for it
 */
export function setTimer(milliseconds: number, keepsAlive: boolean, run: () => void): Timer {
  const timer: Timer = { deadline: ops.clock_now() + milliseconds, order: ++timerCount, slot: -1, keepsAlive, run };
  insert(timer);
  return timer;
}

/** Sets a timer that is not in the queue again. */
export function resetTimer(timer: Timer, milliseconds: number): void {
  timer.deadline = ops.clock_now() + milliseconds;
  timer.order = ++timerCount;
  insert(timer);
}

/** Nothing happens when it ran or was cleared before. */
export function clearTimer(timer: Timer): void {
  if (timer.slot < 0) return;
  remove(timer);
  queueArming();
}

export function setTimerKeepsAlive(timer: Timer, keepsAlive: boolean): void {
  if (timer.keepsAlive === keepsAlive) return;
  timer.keepsAlive = keepsAlive;
  if (timer.slot < 0) return;
  keepAliveCount += keepsAlive ? 1 : -1;
  queueArming();
}

/** The RealmHooks.runTimer of every realm: one due timer is one macrotask. */
export function runTimer(): boolean {
  // Native code has used up what it was armed with.
  armedAt = Infinity;
  armedKeepsAlive = false;
  const timer = heap[0];
  if (timer !== undefined && timer.deadline <= ops.clock_now()) {
    remove(timer);
    try {
      timer.run();
    } catch (error) {
      reportException(error);
    }
  }
  const next = heap[0];
  if (next === undefined) return false;
  if (next.deadline <= ops.clock_now()) return true;
  arm();
  return false;
}

function queueArming(): void {
  if (isArmingQueued) return;
  isArmingQueued = true;
  intrinsics.enqueueMicrotask(armQueued);
}

function armQueued(): void {
  isArmingQueued = false;
  arm();
}

function arm(): void {
  const first = heap[0];
  const at = first === undefined ? Infinity : first.deadline;
  const keepsAlive = keepAliveCount > 0;
  if (at === armedAt && keepsAlive === armedKeepsAlive) return;
  armedAt = at;
  armedKeepsAlive = keepsAlive;
  ops.timer_arm(at, keepsAlive);
}

function insert(timer: Timer): void {
  if (timer.keepsAlive) keepAliveCount++;
  siftUp(timer, heap.length);
  if (timer.slot === 0 || (timer.keepsAlive && keepAliveCount === 1)) queueArming();
}

function remove(timer: Timer): void {
  if (timer.keepsAlive) keepAliveCount--;
  const { slot } = timer;
  timer.slot = -1;
  const last = heap[heap.length - 1]!;
  heap.length--;
  if (last === timer) return;
  const parent = heap[(slot - 1) >> 1];
  if (slot > 0 && isBefore(last, parent!)) siftUp(last, slot);
  else siftDown(last, slot);
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
}

function siftUp(timer: Timer, from: number): void {
  let slot = from;
  while (slot > 0) {
    const parentSlot = (slot - 1) >> 1;
    const parent = heap[parentSlot]!;
    if (!isBefore(timer, parent)) break;
    heap[slot] = parent;
    parent.slot = slot;
    slot = parentSlot;
  }
  heap[slot] = timer;
  timer.slot = slot;
}

function siftDown(timer: Timer, from: number): void {
  const count = heap.length;
  let slot = from;
  for (;;) {
    let childSlot = 2 * slot + 1;
    if (childSlot >= count) break;
    if (childSlot + 1 < count && isBefore(heap[childSlot + 1]!, heap[childSlot]!)) childSlot++;
    const child = heap[childSlot]!;
    if (!isBefore(child, timer)) break;
    heap[slot] = child;
    child.slot = slot;
    slot = childSlot;
  }
  heap[slot] = timer;
  timer.slot = slot;
}
