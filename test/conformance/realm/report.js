/*
 * Runs right after testharness.js: collects its results for the runner. A classic script.
 */
(() => {
  const { stringify } = JSON;
  const results = [];
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  // Scripts are evaluated one after another; the file is over when the runner calls done(), not when the first
  // test has passed.
  setup({ explicit_done: true, output: false });
  add_result_callback(({ name, status, message, stack }) => {
    results.push([String(name), status, status === 0 ? null : `${message}${stack ? `\n${stack}` : ""}`]);
  });
  add_completion_callback((tests, { status, message, stack }) => {
    // Tests without a result have none in the list above.
    const reported = new Set(results.map(([name]) => name));
    for (const test of tests) if (!reported.has(String(test.name))) results.push([String(test.name), test.status, test.message]);
    finish(stringify({ status, message: message ? `${message}${stack ? `\n${stack}` : ""}` : null, results }));
  });
  Object.defineProperty(globalThis, "__wpt", {
    value: {
      finished,
      /** What there is so far: the harness ends its tests as timed out. */
      stop: () => {
        timeout();
        return finished;
      },
    },
  });
})();
