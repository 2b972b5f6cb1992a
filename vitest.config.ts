import { defineConfig } from "vitest/config";

export default defineConfig({
  // The package's "#realm" import is source here, as for tsc.
  ssr: { resolve: { conditions: ["nano-source", "module", "node", "default"] } },
  test: {
    globalSetup: "test/support/global-setup.ts",
    include: ["test/**/*.test.ts"],
    // Its own command, `npm run attacks`: it fills the memory of the machine and takes minutes.
    exclude: process.env.NANO_ATTACKS ? [] : ["test/bridge/memory.test.ts"],
    // Addons and V8 isolates want a process each, not a worker thread; test/sdk/worker.test.ts covers workers.
    pool: "forks",
    testTimeout: 15_000,
    coverage: { provider: "v8", include: ["src-ts/**/*.ts"], reporter: ["text", "html"] },
  },
});
