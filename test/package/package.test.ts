/**
 * The package, from its tarball in an empty project: no compiler, no script, no flag.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installedProject, type Project, root } from "../support/package.ts";

/** Bytes of the package and all it depends on, with one built addon. */
const installed_bytes_max = 25 * 1024 * 1024;

let project: Project;
beforeAll(async () => {
  project = await installedProject();
}, 120_000);
afterAll(() => project?.remove());

function write(name: string, text: string): string {
  writeFileSync(join(project.path, name), text);
  return name;
}

test("installing it runs nothing, and it is small", () => {
  const manifest = JSON.parse(readFileSync(join(project.path, "node_modules/nano-runtime/package.json"), "utf8"));
  expect(manifest.scripts).toBeUndefined();
  expect(existsSync(join(project.path, "node_modules/@zigc"))).toBe(false);
  const modules = join(project.path, "node_modules");
  const addons = readdirSync(modules, { recursive: true }).filter((name) => String(name).endsWith(".node"));
  const bytes = readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
  expect(bytes / addons.length).toBeLessThan(installed_bytes_max);
});

test("import: classes, and an isolate", async () => {
  const file = write(
    "import.mjs",
    `import { fetch, Isolate, URL } from "nano-runtime";
     const isolate = await Isolate.create();
     console.log(new URL("a", "http://b/").href, await (await fetch("data:,hello")).text(), await isolate.eval("navigator.userAgent"));
     await isolate.dispose();`,
  );
  expect(await project.node(file)).toMatch(/^http:\/\/b\/a hello nano\S*\n$/i);
});

test('import "nano-runtime/globals"', async () => {
  const file = write(
    "globals.mjs",
    `import "nano-runtime/globals"; import { URL as ours } from "nano-runtime"; console.log(URL === ours);`,
  );
  expect(await project.node(file)).toBe("true\n");
});

const typescript = createRequire(import.meta.url).resolve("typescript/package.json");
const environments = {
  "no environment at all": { lib: ["es2022"], types: [] },
  "Node's types": { lib: ["es2023"], types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
  "a browser's types": { lib: ["esnext", "dom"], types: [] },
};
test.each(Object.entries(environments))("types: a program with %s", async (_, environment) => {
  const file = write(
    "types.ts",
    `import "nano-runtime/globals";
     import { configureNetwork, crypto, fetch, Isolate, type IsolateOptions, ReadableStream, structuredClone, URL } from "nano-runtime";
     const options: IsolateOptions = { memoryLimit: 64 << 20, network: { allow: "*" }, stdout: (text) => void text.length };
     const isolate = await Isolate.create(options);
     await isolate.run({ file: new URL("file:///x.js") });
     const body = new ReadableStream<Uint8Array>();
     const response = await fetch(new URL("http://a/"), { method: "POST", body, duplex: "half" });
     for await (const chunk of response.body!) chunk.byteLength;
     const digest: ArrayBuffer = await crypto.subtle.digest("SHA-256", structuredClone(await response.arrayBuffer()));
     configureNetwork({ deny: [] });
     await isolate.dispose();
     // @ts-expect-error An option that is not one.
     await Isolate.create({ memory: digest.byteLength });`,
  );
  const compilerOptions = { target: "es2022", module: "nodenext", strict: true, noEmit: true, skipLibCheck: false, ...environment };
  write("tsconfig.json", JSON.stringify({ compilerOptions, files: [file] }));
  const { bin } = JSON.parse(readFileSync(typescript, "utf8")) as { bin: { tsc: string } };
  expect(await project.node(join(typescript, "..", bin.tsc), "-p", ".").catch((error: { stdout: string }) => error.stdout)).toBe("");
});

test("the command", async () => {
  write("script.ts", `const text: string = CLI.args[0]!; console.log(text, new URL("http://a/").href);`);
  const command = join(project.path, "node_modules/.bin/nano");
  const { stdout } = await promisify(execFile)(command, ["run", "script.ts", "hello"], { cwd: project.path });
  expect(stdout).toBe("hello http://a/\n");
});

test("in a worker", async () => {
  write(
    "worker.mjs",
    `import { parentPort } from "node:worker_threads"; import { Isolate } from "nano-runtime";
     parentPort.postMessage(await (await Isolate.create()).eval("6 * 7"));`,
  );
  const file = write(
    "main.mjs",
    `import { Worker } from "node:worker_threads"; import { once } from "node:events";
     const [answer] = await once(new Worker("./worker.mjs"), "message"); console.log(answer); process.exit();`,
  );
  expect(await project.node(file)).toBe("42\n");
});

test("under vitest", async () => {
  write(
    "isolate.test.mjs",
    `import { expect, test } from ${JSON.stringify(createRequire(join(root, "package.json")).resolve("vitest").replace("index.cjs", "dist/index.js"))};
     import { Isolate } from "nano-runtime";
     test("an isolate", async () => { expect(await (await Isolate.create()).eval("6 * 7")).toBe(42); });`,
  );
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  expect(await project.node(vitest, "run", "--root", project.path, "--reporter", "json")).toContain('"numPassedTests":1');
}, 60_000);
