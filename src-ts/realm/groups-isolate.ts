/**
 * `#groups` of the isolate bundle, which comes in parts (scripts/build/isolate-bundle.mjs): part 0 is evaluated before the
 * snapshot is made, every group is a part that is compiled, with the code cache, when a script first uses it; what
 * several groups share are parts as well.
 *
 * Such a part is a function of `loadPart` and of the built-ins as they were before any script ran. It returns what others
 * import from it. A part that did not come to its end (a stack overflow) is evaluated again.
 */
import { intrinsics } from "../internal/ops.ts";
import type { GroupName, Groups } from "./groups.ts";

/** Names of the groups, in the order of their parts from 1; put in by the build. */
declare const NANO_GROUPS: readonly string[];
/** What the parts return, by their numbers; the build has part 0 put its own there. A free identifier, as `ops` is. */
declare const parts: Record<string, unknown>[];

/** The built-ins that parts refer to by name. */
const natives: Record<string, unknown> = { __proto__: null };
for (const name of Object.getOwnPropertyNames(globalThis)) natives[name] = (globalThis as Record<string, unknown>)[name];

function loadPart(index: number): Record<string, unknown> {
  return (parts[index] ??= intrinsics.compilePart(index)(loadPart, natives));
}

/** What a group exports; compiles and evaluates it when it is not there yet. */
export function loadGroup<Name extends GroupName>(name: Name): Groups[Name] {
  return loadPart(partOfGroup(name)) as unknown as Groups[Name];
}

/** Puts an interface of a group on a global object: a data property whose value is made when it is first asked for. */
export function defineGroupInterface(global: object, name: string, group: GroupName): void {
  intrinsics.defineLazyProperty(global, name, partOfGroup(group));
}

/** The hook of defineLazyProperty. */
export function loadMember(part: number, name: string): unknown {
  return loadPart(part)[name];
}

/** Loads all groups and runs their main paths once, for the code cache. */
export function warmUpGroups(): void {
  for (let index = 1; index <= NANO_GROUPS.length; index++) (loadPart(index).warmUp as (() => void) | undefined)?.();
}

function partOfGroup(name: GroupName): number {
  return NANO_GROUPS.indexOf(name) + 1;
}
