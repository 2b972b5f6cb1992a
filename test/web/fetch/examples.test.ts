/** The examples of fetch, against the documents' server. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { nano } from "../../support/cli.ts";
import { type DocsServer, startDocsServer } from "../../support/docs-server.ts";

const cwd = new URL("../../..", import.meta.url).pathname;
let server: DocsServer;
beforeAll(async () => {
  server = await startDocsServer();
});
afterAll(() => server.close());

test("examples/stream-upload.ts", async () => {
  const { code, stdout, stderr } = await nano(["run", "examples/stream-upload.ts", `${server.origin}/echo`, "100000"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe('sent 100000 lines, 200: 1088895 characters back, the last line is "line 100000"\n');
});

test("examples/stream-upload.ts without a URL", async () => {
  expect(await nano(["run", "examples/stream-upload.ts"], { cwd })).toMatchObject({
    code: 2,
    stderr: "usage: nano run examples/stream-upload.ts URL [LINES]\n",
  });
});

test("examples/timeout-abort.ts", async () => {
  const { code, stdout, stderr } = await nano(["run", "examples/timeout-abort.ts", `${server.origin}/slow`], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n")).toEqual([
    "TimeoutError: The operation was aborted due to timeout",
    "Error: nobody waits any more",
    "fetch failed: ERR_HTTP_BODY_TIMEOUT (body)",
    "",
  ]);
});
