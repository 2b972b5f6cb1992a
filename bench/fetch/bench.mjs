/**
 * fetch against a server that is faster than any client here: nginx where it is installed (`--with-peers` installs it),
 * else server.mjs. Server and clients have a core each, where there is taskset and more than one core.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";
import { compare } from "../harness/compare.mjs";
import { pinnedTo } from "../harness/cores.mjs";
import { startServer } from "./start-server.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function run({ names, smoke, ...options }) {
  const { certificate } = await tsImport("../../test/support/certificates.ts", import.meta.url);
  const folder = mkdtempSync(join(tmpdir(), "nano-bench-fetch-"));
  const server = await startServer(folder, certificate, pinnedTo("server"));
  try {
    const parameters = {
      http: server.http,
      https: server.https,
      http2: server.http2,
      large_bytes: smoke ? 65_536 : 64 << 20,
      authority: server.authority,
    };
    // A body of 64 MiB takes longer than a round of the small requests.
    const large = { ...options, round_ms: Math.max(options.round_ms, smoke ? 1 : 60), warm_ms: 0 };
    const env = { NODE_EXTRA_CA_CERTS: server.authority, DENO_CERT: server.authority };
    const rows = {};
    for (const [part, settings] of [
      ["small", options],
      ["large", large],
    ]) {
      const results = await compare(path("cases.mjs"), names, {
        ...settings,
        env,
        prefix: pinnedTo("client"),
        parameters: { ...parameters, part },
      });
      Object.assign(rows, results);
    }
    return rows;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}
