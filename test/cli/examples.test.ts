/**
 * The examples, run as the README says.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { nano } from "../support/cli.ts";

const cwd = fileURLToPath(new URL("../..", import.meta.url));

test("examples/tour.ts", async () => {
  const { code, stdout, stderr } = await nano(["run", "examples/tour.ts"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("https://xn--bcher-kva.example/search?q=tea&page=2#top");
  expect(stdout).toContain("isWhole: true");
  expect(stdout).toContain("Timers and microtasks: [ 'script', 'microtask', 'timer' ]");
  expect(stdout.trimEnd()).toMatch(/tour\.ts and the main one: true$/);
});

test("examples/host-functions.mjs", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["examples/host-functions.mjs"], { cwd });
  expect(stderr).toBe("");
  expect(stdout).toBe(`cheapest: tea
failed: [ 'RangeError', 'E_NO_ITEM', 'there is no "gold"' ]
orders: [ { item: 'tea', count: 2 } ]
`);
});

describe("examples/fetch-json.ts", () => {
  test("prints JSON", async () => {
    const data = { list: [1, 2, { three: "ü" }], none: null };
    const server = createServer((request, response) => {
      if (request.url === "/data.json") response.setHeader("Content-Type", "application/json").end(JSON.stringify(data));
      else response.writeHead(404).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const { code, stdout, stderr } = await nano(["run", "examples/fetch-json.ts", `${base}/data.json`], { cwd });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toEqual(data);
      expect(await nano(["run", "examples/fetch-json.ts", `${base}/other`], { cwd })).toMatchObject({
        code: 1,
        stdout: "",
        stderr: `${base}/other answered 404 Not Found\n`,
      });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test("without a URL, and with nobody there", async () => {
    expect(await nano(["run", "examples/fetch-json.ts"], { cwd })).toMatchObject({
      code: 2,
      stderr: "usage: nano run examples/fetch-json.ts URL\n",
    });
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const { code, stderr } = await nano(["run", "examples/fetch-json.ts", `http://127.0.0.1:${port}/`], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("TypeError: ");
    expect(stderr).toContain("ECONNREFUSED");
  });
});

test("examples/blob-formdata.ts", async () => {
  const { code, stdout, stderr } = await nano(["run", "examples/blob-formdata.ts"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n")).toEqual([
    'table.csv 38 bytes: "1,näme 1\\n"',
    "multipart/form-data; boundary=… true",
    "note three rows",
    "file table.csv (text/csv, 38 bytes)",
    "true",
    "TypeError",
    "",
  ]);
});
