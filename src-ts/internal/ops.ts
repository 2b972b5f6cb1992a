/**
 * The realm's native half: ops (native/zig/ops) and intrinsics (native/v8-bridge/intrinsics.cc).
 *
 * `#realm` is resolved per kind of realm: the host realm loads the addon (realm/host.ts), the isolate
 * bundle takes what the bridge passes to it (realm/isolate.ts).
 */
export { intrinsics, ops } from "#realm";
export type { Intrinsics, RealmHooks } from "./intrinsics.ts";
export type { Ops } from "./ops.gen.ts";
