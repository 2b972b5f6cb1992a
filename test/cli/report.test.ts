/** How an uncaught error of a script is shown. */
import { expect, test } from "vitest";
import { scriptFailure } from "../../src-ts/cli/report.ts";
import { ScriptError, type ScriptLocation } from "../../src-ts/sdk/errors.ts";

function shown(inspected: string, location?: Partial<ScriptLocation>): string {
  const place = { filename: "file:///a%20b.js", line: 2, column: 3, sourceLine: "a bad", width: 3, ...location };
  return scriptFailure(
    new ScriptError("ERR_SCRIPT", { message: "m", code: "ERR_SCRIPT", inspected, ...(location && { location: place }) } as never),
  );
}

test("the place, the line with carets, the error", () => {
  expect(shown("Error: m\n    at x", {})).toBe("/a b.js:2\na bad\n  ^^^\n\nError: m\n    at x");
  expect(shown("[SyntaxError: m]", { width: 99 })).toBe("/a b.js:2\na bad\n  ^^^\n\nSyntaxError: m");
  expect(shown("Error: m", { sourceLine: "\tx y", column: 4, width: 0 })).toBe("/a b.js:2\n\tx y\n\t  ^\n\nError: m");
});

test("without a place, without a line, and a name that is no path", () => {
  expect(shown("Error: m")).toBe("Uncaught Error: m");
  expect(shown("Error: m", { sourceLine: "" })).toBe("/a b.js:2\n\nError: m");
  expect(shown("Error: m", { filename: "memory:x", sourceLine: "" })).toMatch(/^memory:x:2\n/);
  expect(shown("Error: m", { filename: "file:///%2f", sourceLine: "" })).toMatch(/^file:\/\/\/%2f:2\n/);
});

test("of a long line, the part around the error", () => {
  const sourceLine = `${"x".repeat(1000)}HERE${"y".repeat(1000)}`;
  const [, line, carets] = shown("Error: m", { sourceLine, column: 1001, width: 4 }).split("\n");
  expect(line).toHaveLength(120);
  expect(line!.slice(carets!.indexOf("^"), carets!.lastIndexOf("^") + 1)).toBe("HERE");
});

test("what the runtime ended has no excerpt", () => {
  expect(scriptFailure(new ScriptError("ERR_UNSETTLED", { message: "never settles", code: "ERR_UNSETTLED" } as never))).toBe(
    "nano: never settles",
  );
});
