import { defineConfig } from "vitest/config";
import coverage from "./test/coverage.json" with { type: "json" };

export default defineConfig({
  // The package's "#realm" import is source here, as for tsc.
  ssr: { resolve: { conditions: ["nano-source", "module", "node", "default"] } },
  test: {
    globalSetup: "test/support/global-setup.ts",
    include: ["test/**/*.test.ts"],
    exclude: [
      // Commands of their own. `npm run attacks` fills the memory of the machine and takes minutes;
      ...(process.env.NANO_ATTACKS ? [] : ["test/bridge/memory.test.ts"]),
      // `npm run test:package` installs and builds from source.
      ...(process.env.NANO_PACKAGE ? [] : ["test/package/source.test.ts"]),
    ],
    // Addons and V8 isolates want a process each, not a worker thread; test/sdk/worker.test.ts covers workers.
    pool: "forks",
    // What hangs is found; what is slow is for bench/ to find: a machine that others use as well takes its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of what runs in Node's realm in the tests' own processes: what isolates, the command's processes and the
    // web-platform-tests run is not seen.
    coverage: {
      provider: "v8",
      include: ["src-ts/**/*.ts"],
      reporter: ["text-summary", "html", "json-summary"],
      reportOnFailure: true,
      thresholds: coverage.minimum.typescript,
    },
  },
});
