/**
 * What goes wrong in a file is that file's failure, in both kinds of realm, and the next one runs as if nothing were.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error A script without types.
import { fetchSuite } from "../../scripts/wpt/fetch.mjs";
import { surprises } from "./expectations.ts";
import { type Job, jobOf } from "./job.ts";
import { Pool, type RealmKind } from "./pool.ts";
import { type SuiteServer, startServer } from "./server/server.ts";

await fetchSuite();

describe.each(["isolate", "host"] as const satisfies readonly RealmKind[])("%s realm", (realm) => {
  let server: SuiteServer;
  let pool: Pool;
  beforeAll(async () => {
    server = await startServer();
    pool = new Pool(realm, 1, server.trust);
  });
  afterAll(async () => {
    pool.close();
    await server.close();
  });

  /** A file of the suite with another text. */
  async function jobWith(source: string, timeMax = 10_000): Promise<Job> {
    const file = "console/idlharness.any.js";
    const test = { area: "console", id: "own.any.js", file, variant: "", scripts: [], title: "own", timeMax };
    const job = await jobOf(test, server);
    const scripts = job.scripts.filter(({ name }) => name !== "idlharness-globals.js");
    return { ...job, scripts: scripts.map((script) => (script.name.endsWith(file) ? { ...script, source } : script)) };
  }
  const run = async (source: string, timeMax?: number) => pool.run("own.any.js", () => jobWith(source, timeMax));
  const passing = 'test(() => assert_equals(1, 1), "passes");';

  test("a pass and a failure", async () => {
    const result = await run(`${passing} test(() => assert_equals(1, 2), "fails"); promise_test(async () => {}, "is async");`);
    expect(result.outcome).toBe("ok");
    expect(result.subtests.map(({ name, status }) => `${name} ${status}`)).toEqual(["passes pass", "fails fail", "is async pass"]);
    expect(surprises(result, [], realm)).toHaveLength(1);
  });

  test.each([
    ["an endless loop", "while (true);", 1000],
    ["a promise that never settles", `${passing} promise_test(() => new Promise(() => {}), "never");`, 1000],
    ["an exception outside of a test", `${passing} throw new Error("outside");`, 10_000],
    [
      "an exception in a timer",
      `${passing} async_test((t) => setTimeout(() => { setTimeout(() => t.done(), 1); throw new Error("late"); }, 1));`,
      10_000,
    ],
    ["no test at all", "1;", 10_000],
  ])("%s", async (_, source, timeMax) => {
    expect(surprises(await run(source, timeMax), [], realm).length).toBeGreaterThan(0);
    expect(surprises(await run(passing), [], realm)).toEqual([]);
  });

  test("the end of its process", async () => {
    const dying = run('promise_test(() => new Promise((resolve) => setTimeout(resolve, 9000)), "long");');
    const next = run(passing);
    // By then it runs.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    for (const pid of runners()) process.kill(Number(pid), "SIGKILL");
    const result = await dying;
    expect(result.outcome).toBe("crash");
    expect(result.message).toContain("the process ended with SIGKILL");
    expect(surprises(result, [], realm)).toHaveLength(1);
    expect(surprises(await next, [], realm)).toEqual([]);
  });

  /** Processes that this one started for the pool. */
  function runners(): string[] {
    const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "latin1").split(" ");
    return children.filter((pid) => pid !== "" && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(`child-${realm}`));
  }
});
