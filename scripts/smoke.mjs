#!/usr/bin/env node
/**
 * Whether an addon file works at all: `node scripts/smoke.mjs FILE` loads it, makes an isolate from dist/isolate.js,
 * runs a script in it and disposes it.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { root } from "./build/toolchain.mjs";

const file = process.argv[2];
if (file === undefined) throw new Error("usage: smoke.mjs ADDON_FILE");
const addon = createRequire(import.meta.url)(resolve(file));
const bundle = join(root, "dist/isolate.js");
addon.configure(bundle, createHash("sha256").update(readFileSync(bundle)).digest("hex"), "");

const source = 'export const host = new URL("http://a.example/b").host; export const copy = structuredClone(new Map([[1, 2]]));';
const isolate = await addon.createIsolate(
  {
    memoryLimit: 64 * 1024 * 1024,
    timeLimit: 0,
    sparesMax: 0,
    hostFunctions: ["twice"],
    hostCallsMax: 1,
    stdio: "callback",
    terminals: [0, 0],
  },
  {
    loadModule: ({ requestId }) =>
      isolate.provideModule(requestId, { url: "memory:///smoke.js", kind: "js", source, filename: "", main: true }),
    callHost: (id, _index, [value]) => isolate.answerHostCall(id, 0, [2 * value]),
    output: () => {},
  },
);
assert.deepEqual(await isolate.run("memory:///smoke.js"), { host: "a.example", copy: new Map([[1, 2]]) });
assert.equal(await isolate.eval("1 + 1", "eval"), 2);
assert.equal(await isolate.eval("host.twice(21)", "eval"), 42);
await isolate.dispose();
console.log(`${file} works`);
