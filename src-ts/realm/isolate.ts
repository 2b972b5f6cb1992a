/**
 * `#realm` in the isolate bundle. The bridge wraps the bundle's text as `(function (ops, intrinsics) { … })`,
 * so both are free identifiers here.
 */
import type { Intrinsics } from "../internal/intrinsics.ts";
import type { Ops } from "../internal/ops.gen.ts";

declare const ops: Ops;
declare const intrinsics: Intrinsics;

const realmOps = ops;
const realmIntrinsics = intrinsics;

export { realmIntrinsics as intrinsics, realmOps as ops };
