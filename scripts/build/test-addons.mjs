/** The core's tests as addons (`zig build test-addons`, native/zig/build/node_test_runner.zig). */

/** JavaScript that loads one of them, which runs its tests and ends the process. */
export function loading(path) {
  return `process.dlopen({ exports: {} }, ${JSON.stringify(path)})`;
}
