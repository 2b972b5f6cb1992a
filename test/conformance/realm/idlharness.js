/*
 * Runs before a file that uses idlharness.js, which wants to know its global: we are closest to a worker's.
 */
(() => {
  // Deno has one: with it idlharness would ask for all that a browser's window has.
  delete globalThis.Window;
  function WorkerGlobalScope() {
    throw new TypeError("Illegal constructor");
  }
  Object.defineProperty(WorkerGlobalScope, Symbol.hasInstance, { value: (value) => value === globalThis });
  for (const name of ["WorkerGlobalScope", "DedicatedWorkerGlobalScope"]) {
    Object.defineProperty(globalThis, name, { value: WorkerGlobalScope, writable: true, configurable: true, enumerable: false });
  }
})();
