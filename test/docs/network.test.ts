/** docs/network.md: the table of error codes has every code that the client gives. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

test("every code is in the table, and the table has no other", () => {
  const source = ["native/zig/http/Failure.zig", "native/zig/ops/http.zig"].map(read).join("\n");
  const given = new Set([...source.matchAll(/"(ERR_(?:HTTP2?|NET|PROXY)_[A-Z_]+)"/g)].map(([, code]) => code!));
  const table = read("docs/network.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const documented = new Set(table.flatMap((line) => [...line.matchAll(/`(ERR_(?:HTTP2?|NET|PROXY)_[A-Z_]+)`/g)].map(([, code]) => code!)));
  expect([...documented].sort()).toEqual([...given].sort());
});
