/**
 * The core: zig-out/lib/libnano_core.a, and the check that the generated files are not stale.
 *
 * NANO_CORE_OPTIMIZE=Debug builds in seconds what ReleaseSafe, the default, takes most of a minute for.
 */
import { fingerprint, unlessFresh } from "./fingerprint.mjs";
import { BuildError, runProgram, zigProgram } from "./toolchain.mjs";

export const library = "zig-out/lib/libnano_core.a";

const optimize_modes = ["ReleaseSafe", "Debug"];

export function buildCore({ force }) {
  const zig = zigProgram();
  const optimize = process.env.NANO_CORE_OPTIMIZE || "ReleaseSafe";
  if (!optimize_modes.includes(optimize)) {
    throw new BuildError(`NANO_CORE_OPTIMIZE is "${optimize}"; it may be ${optimize_modes.join(" or ")}`);
  }
  const inputs = fingerprint(
    [
      "build.zig",
      "build.zig.zon",
      "native/zig",
      "src-ts/internal/ops.gen.ts",
      "src-ts/internal/numbers.gen.ts",
      "native/v8-bridge/core.gen.h",
    ],
    [zig, optimize],
  );
  return unlessFresh({ name: "core", inputs, outputs: [library], force }, () => {
    console.log(`nano: building the core (zig, ${optimize})`);
    runProgram("zig build", zig, ["build", `-Doptimize=${optimize}`]);
  });
}
