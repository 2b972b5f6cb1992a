/** Servers for https.contract.ts: node:https with good and bad certificates, and servers that misbehave. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createSocketServer, type Server } from "node:net";
import { createSecureContext, TLSSocket, type TlsOptions } from "node:tls";
import { certificate } from "../../support/certificates.ts";
import { LocalServers } from "./local-servers.ts";
import { makePattern } from "./pattern.ts";

const large_bytes = 8 * 1024 * 1024;
const pattern = Buffer.from(makePattern(large_bytes).buffer);

/** The authority, and what it and others have issued. */
export function makeCertificates() {
  const authority = certificate({ subject: "nano test authority", isAuthority: true });
  const names = ["localhost", "127.0.0.1", "::1"];
  const stranger = certificate({ subject: "unknown authority", isAuthority: true });
  return {
    authority,
    good: certificate({ subject: "good", names, issuer: authority }),
    expired: certificate({ subject: "expired", names, issuer: authority, from: Date.now() - 9e8, to: Date.now() - 1e8 }),
    early: certificate({ subject: "early", names, issuer: authority, from: Date.now() + 1e8, to: Date.now() + 9e8 }),
    other: certificate({ subject: "localhost", names: ["other.example", "*.localhost"], issuer: authority }),
    strange: certificate({ subject: "strange", names, issuer: stranger }),
    selfSigned: certificate({ subject: "self-signed", names }),
    client: certificate({ subject: "client", issuer: authority }),
    strangeClient: certificate({ subject: "strange client", issuer: stranger }),
  };
}

function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, "https://x/");
  const socket = request.socket as TLSSocket;
  switch (url.pathname) {
    case "/about": {
      const about = {
        protocol: socket.getProtocol?.() ?? "none",
        alpn: socket.alpnProtocol ?? false,
        servername: (socket as TLSSocket & { servername?: string | false }).servername ?? false,
        isReused: socket.isSessionReused?.() ?? false,
        client: socket.getPeerCertificate?.().subject?.CN ?? null,
        port: socket.remotePort,
        authorization: request.headers.authorization ?? null,
      };
      if (url.searchParams.has("close")) response.setHeader("Connection", "close");
      response.end(JSON.stringify(about));
      return;
    }
    case "/large":
      response.setHeader("Content-Length", large_bytes);
      response.end(pattern);
      return;
    case "/chunked":
      for (let at = 0; at < large_bytes; at += 70_001) response.write(pattern.subarray(at, at + 70_001));
      response.end();
      return;
    case "/upload": {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => response.end(String(Buffer.concat(chunks).equals(pattern))));
      return;
    }
    case "/redirect":
      response.writeHead(302, { Location: url.searchParams.get("to")! });
      response.end();
      return;
    case "/slow":
      setTimeout(() => response.end("slow"), 20);
      return;
    case "/stall":
      response.writeHead(200, { "Content-Length": "10" });
      response.write("12345");
      return;
    default:
      response.end("hello");
  }
}

export interface HttpsContext {
  ca: string;
  client: { cert: string; key: string };
  strangeClient: { cert: string; key: string };
  /** Origins. */
  urls: Record<string, string>;
  [name: string]: unknown;
}

export async function start(): Promise<{ context: HttpsContext; close(): Promise<void> }> {
  const certificates = makeCertificates();
  const { authority, good, other } = certificates;
  const ca = authority.cert;
  const servers = new LocalServers();

  const https = (options: TlsOptions) => createHttpsServer(options, onRequest) as unknown as Server;

  await servers.listen("good", https({ ...pair(good) }));
  for (const name of ["expired", "early", "other", "strange", "selfSigned"] as const)
    await servers.listen(name, https(pair(certificates[name])));
  await servers.listen("tls12", https({ ...pair(good), maxVersion: "TLSv1.2" }));
  await servers.listen("tls13", https({ ...pair(good), minVersion: "TLSv1.3" }));
  await servers.listen("tls11", https({ ...pair(good), minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }));
  await servers.listen("clients", https({ ...pair(good), ca, requestCert: true, rejectUnauthorized: true }));
  await servers.listen("sni", https({ ...pair(other), SNICallback: (_name, done) => done(null, createSecureContext(pair(good))) }));
  await servers.listen("h2only", https({ ...pair(good), ALPNProtocols: ["h2"] }));
  await servers.listen("plain", createHttpServer(onRequest), "https");
  await servers.listen(
    "garbage",
    createSocketServer((socket) => void socket.end(Buffer.from("SSH-2.0-OpenSSH_9.2 and more than five bytes\r\n"))),
  );
  await servers.listen(
    "closes",
    createSocketServer((socket) => void socket.once("data", () => socket.end())),
  );
  // Reads, so that it sees the end.
  await servers.listen(
    "silent",
    createSocketServer((socket) => void socket.resume()),
  );
  await servers.listen("http", createHttpServer(onRequest), "http");

  // HTTP over TLS by hand: the end with and without close_notify.
  const answers: Record<string, string> = {
    "/until-close": "HTTP/1.1 200 OK\r\n\r\nuntil close",
    "/length": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
    "/chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
    "/nothing": "",
  };
  const byHand = (isClean: boolean) =>
    createSocketServer((socket) => {
      const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(pair(good)) });
      secure.on("error", () => {});
      secure.on("data", (data: Buffer) => {
        const answer = answers[data.toString("latin1").split(" ")[1]!]!;
        if (isClean) secure.end(answer);
        else if (answer === "") socket.end();
        else secure.write(answer, () => socket.end());
      });
    });
  await servers.listen("clean", byHand(true));
  await servers.listen("cut", byHand(false));

  return {
    context: { ca, client: pair(certificates.client), strangeClient: pair(certificates.strangeClient), urls: servers.urls },
    async close() {
      servers.close();
    },
  };
}

function pair({ cert, key }: { cert: string; key: string }): { cert: string; key: string } {
  return { cert, key };
}
