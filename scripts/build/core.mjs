/**
 * The core: zig-out/lib/libnano_core.a, and the check that the generated files are not stale.
 */
import { fingerprint, unlessFresh } from "./fingerprint.mjs";
import { runProgram, zigProgram } from "./toolchain.mjs";

export const library = "zig-out/lib/libnano_core.a";

export function buildCore({ force }) {
  const zig = zigProgram();
  const inputs = fingerprint(
    ["build.zig", "build.zig.zon", "native/zig", "src-ts/internal/ops.gen.ts", "native/v8-bridge/core.gen.h"],
    [zig],
  );
  return unlessFresh({ name: "core", inputs, outputs: [library], force }, () => {
    console.log("nano: building the core (zig)");
    runProgram("zig build", zig, ["build"]);
  });
}
