/**
 * The process of one peer: `<engine> engine.mjs <bench file> <realm>`. Runs in Node, Deno and Bun.
 *
 * realm  "own" (the engine's globals), "nano" (nano-runtime's classes in Node), "isolate" (inside an isolate of
 *        nano), "undici" and "polyfill" (the classes of those npm packages), "undici.request" (its own API), "node:http"
 *        (Node's modules for it), "openssl" (node:crypto), "zlib" (node:zlib)
 *
 * Reads lines from standard input and answers each with one line of JSON: `cases` with the names, and
 * `<case> <count>` with the milliseconds that so many runs of the case took; `cpu <case> <count>` with those of CPU time,
 * of all the process's threads.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { runCase } from "./loop.mjs";

const [file, realm] = process.argv.slice(2);

async function localCases(api) {
  const { cases } = await import(pathToFileURL(file).href);
  const list = cases(api, JSON.parse(process.env.NANO_BENCH_PARAMETERS ?? "{}"));
  return { names: Object.keys(list), run: (name, count) => runCase(list[name], count) };
}

/** The bench runs inside of an isolate; only the start and the end of a round cross over. */
async function isolateCases() {
  const { Isolate } = await import("../../dist/index.js");
  const isolate = await Isolate.create({ memoryLimit: 512 * 1024 * 1024, network: { allow: "*" } });
  await isolate.run({
    code: `${readFileSync(file, "utf8")}
      ${readFileSync(new URL("loop.mjs", import.meta.url), "utf8")}
      const list = cases(globalThis, ${process.env.NANO_BENCH_PARAMETERS ?? "{}"});
      globalThis.benchNames = Object.keys(list);
      globalThis.benchRun = (name, count) => runCase(list[name], count);`,
  });
  return {
    names: await isolate.eval("benchNames"),
    run: (name, count) => isolate.eval(`benchRun(${JSON.stringify(name)}, ${count})`),
  };
}

const sources = {
  own: () => localCases(globalThis),
  nano: async () => localCases({ ...(await import("../../dist/index.js")) }),
  undici: async () => localCases({ ...(await import(process.env.NANO_BENCH_UNDICI)), request: undefined }),
  "undici.request": async () => localCases({ request: (await import(process.env.NANO_BENCH_UNDICI)).request }),
  "node:http": async () =>
    localCases({ http: await import("node:http"), https: await import("node:https"), http2: await import("node:http2") }),
  polyfill: async () => localCases(await import(process.env.NANO_BENCH_POLYFILL)),
  zlib: async () => localCases({ zlib: await import("node:zlib") }),
  openssl: async () => localCases({ nodeCrypto: await import("node:crypto") }),
  isolate: isolateCases,
};

const { names, run } = await sources[realm]();

async function answer(line) {
  if (line === "cases") return names;
  if (line.startsWith("cpu ")) {
    const before = process.cpuUsage();
    await answer(line.slice(4));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }
  const at = line.lastIndexOf(" ");
  const began = performance.now();
  await run(line.slice(0, at), Number(line.slice(at + 1)));
  return performance.now() - began;
}

let text = "";
let turn = Promise.resolve();
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => {
  text += chunk;
  const lines = text.split("\n");
  text = lines.pop();
  for (const line of lines) {
    turn = turn.then(async () => {
      try {
        process.stdout.write(`${JSON.stringify({ value: await answer(line) })}\n`);
      } catch (error) {
        process.stdout.write(`${JSON.stringify({ error: String(error?.message ?? error) })}\n`);
      }
    });
  }
});
process.stdin.on("end", () => process.exit(0));
