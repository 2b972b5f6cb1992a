/**
 * The realm's queue of tasks that are not timers or completions of ops, such as messages
 * (https://html.spec.whatwg.org/multipage/webappapis.html#queue-a-task). Each is one macrotask; native code
 * drains the microtasks after it. A queued task keeps the realm alive.
 */
import { intrinsics } from "../../internal/ops.ts";
import { reportException } from "./report.ts";
import { resetNestingLevel } from "./timers.ts";

/** From `head` on; the rest is done and goes when the queue is empty or half of it is done. */
let tasks: (() => void)[] = [];
let head = 0;

/** How many done tasks are kept before the queue is moved up. */
const done_tasks_max = 1024;

export function queueTask(run: () => void): void {
  tasks[tasks.length] = run;
  if (tasks.length - head === 1) intrinsics.queueTask();
}

/** The RealmHooks.runTask of every realm. */
export function runTask(): boolean {
  if (head === tasks.length) return false;
  const task = tasks[head]!;
  tasks[head++] = done;
  if (head === tasks.length) {
    tasks = [];
    head = 0;
  } else if (head > done_tasks_max && head * 2 > tasks.length) {
    const rest: (() => void)[] = [];
    for (let index = head; index < tasks.length; index++) rest[rest.length] = tasks[index]!;
    tasks = rest;
    head = 0;
  }
  resetNestingLevel();
  try {
    task();
  } catch (error) {
    reportException(error);
  }
  return head < tasks.length;
}

function done(): void {}
