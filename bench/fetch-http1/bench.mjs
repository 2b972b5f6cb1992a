/** fetch over HTTP/1.1: starts the server, on a core of its own where there is taskset and more than one core. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { compare } from "../harness/compare.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function run({ names, ...options }) {
  const cores = availableParallelism();
  const pinned = cores > 1 && spawnSync("taskset", ["-c", String(cores - 1), "true"]).status === 0;
  const command = [...(pinned ? ["taskset", "-c", String(cores - 1)] : []), process.execPath, path("server.mjs")];
  const server = spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(server, "exit");
  try {
    const [port] = await once(createInterface({ input: server.stdout }), "line");
    const parameters = { origin: `http://127.0.0.1:${port}` };
    return await compare(path("cases.mjs"), names, { ...options, parameters });
  } finally {
    server.stdin.end();
    await ended;
  }
}
