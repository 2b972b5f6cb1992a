/**
 * Ends of pulls and transforms that were over at once. By the standard each of them is a microtask of its own. While a pipe
 * takes its steps, an end is held here and joins the microtask of the next write that is over at once.
 *
 * Invariants. What joins a microtask is held before that microtask is queued: it comes no earlier than by the standard.
 * Nothing is held between microtasks: every microtask in which a pipe may take steps ends with `endHeldAlone`.
 */

/** Something that is over and whose end is held. */
export interface HeldEnd {
  /** The end; steps of pipes follow. */
  endHeld(): void;
  /** Queues a microtask for the end, and `endHeldAlone` after it. */
  endAlone(): void;
  /** How many other ends are within this one. */
  readonly heldDepth: number;
}

/** Who reads a stream and goes on when a pull is over. */
export interface AfterPull {
  /** In a microtask, in place of `endHeldPull`. */
  afterPull(): void;
  /** The stream is about to fail and drop its queue: what was put off until `afterPull` happens now. */
  beforeError?(): void;
}

/** What a stream knows of the pipe that writes to it. */
export interface PipeSteps {
  /** It takes its steps; `endHeldAlone` follows. */
  readonly isMoving: boolean;
  /** In a microtask: a write to its destination is over. */
  afterWrite(): void;
}

let held: HeldEnd | undefined;

export function holdEnd(end: HeldEnd): void {
  if (held !== undefined) held.endAlone();
  held = end;
}

/** What is held, for a microtask that is to be queued now and performs `endHeld` when it begins. */
export function joinHeldEnd(): HeldEnd | undefined {
  const end = held;
  held = undefined;
  return end;
}

export function endHeldAlone(): void {
  if (held === undefined) return;
  const end = held;
  held = undefined;
  end.endAlone();
}
