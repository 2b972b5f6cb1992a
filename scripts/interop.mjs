#!/usr/bin/env node
/**
 * nano's fetch against servers that others wrote, over TLS, by HTTP/1.1 and HTTP/2, in Node's realm and in an isolate. Those
 * that are not installed are left out (Debian: nginx-light apache2 haproxy lighttpd lighttpd-mod-openssl caddy h2o
 * nghttp2-server).
 *
 *     npm run interop -- [SERVER ...]
 *
 * All servers are on 127.0.0.1, in a folder of their own below the system's for temporary files, and end with this.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as nano from "../dist/index.js";
import { findProgram } from "./build/toolchain.mjs";
import { servers } from "./interop/servers.mjs";
import { run } from "./interop/steps.mjs";

const { positionals } = parseArgs({ allowPositionals: true });
for (const name of positionals) {
  if (Object.hasOwn(servers, name)) continue;
  console.error(`interop: there is no server "${name}"; there are ${Object.keys(servers).join(", ")}`);
  process.exit(2);
}
// Debian's places for servers are not in everybody's PATH.
process.env.PATH += ":/usr/sbin:/sbin";
const isInstalled = ([, { program }]) => findProgram(program) !== undefined;
const chosen = Object.entries(servers).filter(([name]) => positionals.length === 0 || positionals.includes(name));
const installed = chosen.filter(isInstalled);
for (const [name] of chosen.filter((each) => !isInstalled(each))) console.log(`${name}: not installed`);

const folder = mkdtempSync(join(tmpdir(), "nano-interop-"));
const files = join(folder, "files");
const content = randomBytes(8 << 20);
mkdirSync(files);
writeFileSync(join(files, "small.txt"), "hello\n");
writeFileSync(join(files, "big.bin"), content);
const big = { length: content.length, hash: createHash("sha256").update(content).digest("hex") };
makeCertificate();
const behind = createServer(onRequest).listen(0, "127.0.0.1");
await once(behind, "listening");

nano.configureNetwork({ allow: ["@loopback"] });
const steps = readFileSync(new URL("./interop/steps.mjs", import.meta.url), "utf8");
const failures = [];
try {
  for (const [name, server] of installed) await test(name, server);
} finally {
  behind.closeAllConnections();
  behind.close();
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.error(`interop: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** @returns its port and what stops it, or why it did not start */
async function start(name, server) {
  const port = await freePort();
  const args = server.start({ folder, files, port, behind: behind.address().port });
  // caddy keeps its settings below these.
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const child = spawn(findProgram(server.program), args, { stdio: ["ignore", "pipe", "pipe"], env });
  const exited = once(child, "exit");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const stop = async () => {
    child.kill();
    await exited;
  };
  if (await answers(port, child)) return { port, stop };
  await stop();
  return { failure: `${name} did not start: ${output}` };
}

async function test(name, server) {
  let started = await start(name, server);
  // Another program may have got the port before it.
  for (let times = 0; times < 2 && started.failure !== undefined; times++) started = await start(name, server);
  const { port, stop, failure } = started;
  if (failure !== undefined) return void failures.push(failure);
  try {
    for (const http2 of server.http1 ? [true, false] : [true]) {
      const options = {
        base: `https://localhost:${port}`,
        init: { tls: { ca: readFileSync(join(folder, "cert.pem"), "utf8") }, http2 },
        big,
        up: server.up,
        duplex: http2 || server.half_duplex !== true,
      };
      for (const realm of ["Node's realm", "an isolate"]) {
        const outcomes = realm === "an isolate" ? await runInIsolate(options) : await run(nano, options);
        const wrong = Object.entries(outcomes).filter(([, outcome]) => outcome !== "ok");
        const where = `${name}, HTTP/${http2 ? "2" : "1.1"}, ${realm}`;
        console.log(`${where}: ${Object.keys(outcomes).length - wrong.length} of ${Object.keys(outcomes).length}`);
        for (const [step, outcome] of wrong) failures.push(`${where}, ${step}: ${outcome}`);
      }
    }
  } finally {
    await stop();
  }
}

async function runInIsolate(options) {
  const isolate = await nano.Isolate.create({ network: { allow: ["@loopback"] }, modules: { steps } });
  try {
    const code = `import { run } from "steps"; export const outcomes = await run(globalThis, ${JSON.stringify(options)});`;
    return (await isolate.run({ code })).outcomes;
  } finally {
    await isolate.dispose();
  }
}

/** The server behind them; also what haproxy has in place of files. */
function onRequest(request, response) {
  if (request.url === "/small.txt") return void response.setHeader("Content-Length", 6).end(request.method === "HEAD" ? "" : "hello\n");
  if (request.url === "/big.bin") return void response.end(content);
  if (request.url === "/up/echo") return void request.pipe(response);
  if (request.url === "/up/slow") return void setTimeout(() => response.end("slow"), 300);
  if (request.url === "/up/never") return;
  if (request.url !== "/up/tell") return void response.writeHead(404).end();
  const hash = createHash("sha256");
  let length = 0;
  request.on("data", (data) => {
    hash.update(data);
    length += data.length;
  });
  request.on("end", () => response.end(`${request.method} ${length} ${hash.digest("hex")}`));
}

function makeCertificate() {
  const options = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost";
  const extensions = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:TRUE"];
  execFileSync("openssl", ["req", ...options.split(" "), ...extensions], { cwd: folder, stdio: "ignore" });
  writeFileSync(join(folder, "both.pem"), ["cert.pem", "key.pem"].map((name) => readFileSync(join(folder, name), "utf8")).join(""));
  // Servers that are started by root read them as somebody else.
  for (const path of [folder, files]) chmodSync(path, 0o777);
  for (const name of ["key.pem", "both.pem"]) chmodSync(join(folder, name), 0o644);
}

async function freePort() {
  const server = createSocketServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Whether it takes connections there before half a minute has gone. */
async function answers(port, child) {
  for (const end = Date.now() + 30_000; Date.now() < end && child.exitCode === null; ) {
    const socket = connect(port, "127.0.0.1");
    const is_open = await new Promise((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
    socket.destroy();
    if (is_open && child.exitCode === null) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
