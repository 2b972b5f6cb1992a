import { expect, test } from "vitest";
import { nano } from "../../support/cli.ts";

const cwd = new URL("../../..", import.meta.url).pathname;

test("examples/structured-clone.ts", async () => {
  const { code, stdout, stderr } = await nano(["run", "examples/structured-clone.ts"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n")).toEqual([
    "true true true true true",
    "true out true TimeoutError",
    "{ point: { x: 1 }, computed: 3 }",
    "a.txt text HMAC",
    "0 4 2 true",
    "DataCloneError a function cannot be cloned",
    "DataCloneError a symbol cannot be cloned",
    "DataCloneError An object of class WeakMap cannot be cloned",
    "DataCloneError An object of class Headers cannot be cloned",
    "DataCloneError A detached ArrayBuffer cannot be cloned",
    "",
  ]);
});
