/**
 * Runs tests of the suite in a kind of realm and tells each result as it comes.
 */
import { availableParallelism } from "node:os";
import { type FileResult, jobOf, withStableNames } from "./job.ts";
import { Pool, type RealmKind } from "./pool.ts";
import { type SuiteServer, startServer } from "./server/server.ts";
import type { WptTest } from "./suite.ts";

export interface RunOptions {
  realm: RealmKind;
  /** Files at the same time; the machine's cores by default. */
  jobs?: number;
  onResult?: (test: WptTest, result: FileResult) => void;
}

/** The results, in the order of the tests. */
export async function runTests(tests: readonly WptTest[], { realm, jobs, onResult }: RunOptions): Promise<FileResult[]> {
  const run = await startRun(realm, jobs);
  try {
    return await Promise.all(
      tests.map(async (test) => {
        const result = await run.result(test);
        onResult?.(test, result);
        return result;
      }),
    );
  } finally {
    await run.close();
  }
}

export interface Run {
  result(test: WptTest): Promise<FileResult>;
  close(): Promise<void>;
}

export async function startRun(realm: RealmKind, jobs: number = Math.max(2, availableParallelism())): Promise<Run> {
  const server: SuiteServer = await startServer();
  const pool = new Pool(realm, jobs, server.trust);
  return {
    result: async (test) => withStableNames(await pool.run(test.id, () => jobOf(test, server)), server),
    async close() {
      pool.close();
      await server.close();
    },
  };
}
