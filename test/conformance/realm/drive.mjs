/*
 * Runs a job in the realm of this module's own global, in any runtime that has node:vm. Nothing of nano here: the
 * peers are measured with the same file.
 */
import process from "node:process";
import vm from "node:vm";

/**
 * @param job what job.ts makes
 * @param send gets { raw, failure } once
 * @param options hasErrorEvents: the global fires "error" and "unhandledrejection" by itself
 * @returns a function that asks for what there is so far
 */
export function drive(job, send, { hasErrorEvents = false } = {}) {
  const dispatch = (type, error, extra) => {
    // The listeners below keep the process alive all the same.
    if (hasErrorEvents) return;
    const event = new Event(type, { cancelable: true });
    Object.assign(event, extra, { message: error?.message ?? String(error), error, filename: "", lineno: 0, colno: 0 });
    globalThis.dispatchEvent?.(event);
  };
  process.on("uncaughtException", (error) => dispatch("error", error, {}));
  process.on("unhandledRejection", (reason, promise) => dispatch("unhandledrejection", reason, { reason, promise }));

  let failure = null;
  for (const { name, source } of job.scripts) {
    try {
      vm.runInThisContext(source, { filename: name });
    } catch (error) {
      failure = `${name}: ${error?.stack ?? error}`;
      try {
        vm.runInThisContext("done()", { filename: "end.js" });
      } catch {}
      break;
    }
  }
  const wpt = globalThis.__wpt;
  if (wpt === undefined) {
    send({ raw: JSON.stringify({ status: 1, message: failure, results: [] }), failure });
    return () => {};
  }
  wpt.finished.then((raw) => send({ raw, failure }));
  return () => wpt.stop();
}
