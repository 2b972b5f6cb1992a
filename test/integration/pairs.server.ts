/** The server for the cases of this folder: it checks by node:crypto and node:zlib what nano made. */
import { createDecipheriv, createHash, createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";

const MiB = 1 << 20;
/** Does not repeat within 64 KiB, so that pieces that are lost, doubled or swapped show in a hash. */
const pattern = Buffer.alloc(MiB);
for (let index = 0; index < MiB; index++) pattern[index] = (index * 31 + (index >> 8) * 7) & 0xff;

/** By the query's id: how many bytes a response wrote; a request that waits for /release. */
const written = new Map<string, number>();
const waiting = new Map<string, () => void>();

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

function patternOf(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += MiB) pattern.copy(bytes, at);
  return bytes;
}

/** As fast as the peer takes it, 64 KiB at a time. */
function send(response: ServerResponse, bytes: Buffer, onWritten: (total: number) => void = () => {}): void {
  let at = 0;
  const write = (): void => {
    while (at < bytes.length && !response.destroyed) {
      const piece = bytes.subarray(at, at + 65_536);
      at += piece.length;
      onWritten(at);
      if (!response.write(piece)) return void response.once("drain", write);
    }
    response.end();
  };
  write();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** An ES256 token, against the key in the request's body. */
async function isTokenGood(request: IncomingMessage): Promise<boolean> {
  const key = createPublicKey({ key: JSON.parse((await bodyOf(request)).toString()) as JsonWebKey, format: "jwk" });
  const [head, payload, signature] = request.headers.authorization!.slice("Bearer ".length).split(".");
  return verify("sha256", Buffer.from(`${head}.${payload}`), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature!, "base64url"));
}

/** Frames of 4 bytes of length (big-endian), 12 of IV, ciphertext and tag; AES-256-GCM. */
function openFrames(sealed: Buffer, key: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < sealed.length; ) {
    const end = at + 4 + sealed.readUInt32BE(at);
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(at + 4, at + 16));
    decipher.setAuthTag(sealed.subarray(end - 16, end));
    pieces.push(decipher.update(sealed.subarray(at + 16, end - 16)), decipher.final());
    at = end;
  }
  return Buffer.concat(pieces);
}

async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url!, "http://x/");
  const id = url.searchParams.get("id") ?? "";
  const size = Number(url.searchParams.get("size"));
  switch (url.pathname) {
    case "/echo":
      return void request.pipe(response);
    case "/pattern": {
      const bytes = patternOf(size);
      response.setHeader("X-Sha256", sha256(bytes));
      return send(response, bytes, (total) => written.set(id, total));
    }
    case "/written":
      return void response.end(String(written.get(id) ?? 0));
    case "/gzip": {
      // As data, not as a Content-Encoding.
      const bytes = patternOf(size);
      response.setHeader("X-Sha256", sha256(bytes));
      return send(response, gzipSync(bytes, { level: 0 }));
    }
    case "/sealed": {
      const sealed = openFrames(await bodyOf(request), Buffer.from(String(request.headers["x-key"]), "hex"));
      return void response.end(JSON.stringify({ url: request.url, sha256: sha256(gunzipSync(sealed)) }));
    }
    case "/held":
      waiting.set(id, async () => response.end(String((await bodyOf(request)).length)));
      return;
    case "/release":
      waiting.get(id)?.();
      waiting.delete(id);
      return void response.end();
    case "/token":
      response.statusCode = (await isTokenGood(request)) ? 200 : 401;
      return void response.end();
    default: {
      const body = await bodyOf(request);
      response.end(JSON.stringify({ url: request.url, host: request.headers.host, length: body.length, sha256: sha256(body) }));
    }
  }
}

export async function start(): Promise<{ context: { server: string }; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    // Requests that are cut short are some cases' purpose.
    onRequest(request, response).catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    context: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
