/** An HTTP proxy for tests, with TLS or without: forwards requests in absolute form, and makes tunnels. */
import { once } from "node:events";
import { createServer, request as httpRequest, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TLSSocket, TlsOptions } from "node:tls";

export interface ProxyServer {
  port: number;
  /** What was asked of it: "GET http://…", "CONNECT host:port". */
  seen: string[];
  /** Of TLS: the protocol that it and the client chose, the name that the client gave, whether it resumed a session. */
  handshakes: { alpn: string | false | null; servername: string | false; isReused: boolean }[];
  close(): void;
}

/**
 * @param options.authorization the value of Proxy-Authorization that is asked for
 * @param options.to the port on 127.0.0.1 that every target is behind
 * @param options.tls makes it an https: proxy
 */
export async function startProxy(options: { authorization?: string; to?: number; tls?: TlsOptions } = {}): Promise<ProxyServer> {
  const seen: string[] = [];
  const handshakes: ProxyServer["handshakes"] = [];
  const sockets = new Set<Socket>();
  const isAllowed = (value: string | undefined): boolean => options.authorization === undefined || value === options.authorization;
  const forward: RequestListener = (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (!isAllowed(request.headers["proxy-authorization"])) {
      response.writeHead(407, { "Proxy-Authenticate": "Basic" }).end("who are you?");
      return;
    }
    const url = new URL(request.url!);
    const headers = { ...request.headers };
    delete headers["proxy-authorization"];
    const forwarded = httpRequest(
      { host: "127.0.0.1", port: options.to ?? url.port, method: request.method!, path: url.pathname + url.search, headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on("error", () => response.writeHead(502).end());
    request.pipe(forwarded);
    response.on("close", () => {
      if (!response.writableFinished) forwarded.destroy();
    });
  };
  // It would choose HTTP/2 of a client that offers it, and could not speak it.
  const server: Server =
    options.tls === undefined ? createServer(forward) : createHttpsServer({ ...options.tls, ALPNProtocols: ["h2", "http/1.1"] }, forward);
  server.on("tlsClientError", () => {});
  server.on("secureConnection", (socket: TLSSocket & { servername?: string | false }) => {
    handshakes.push({ alpn: socket.alpnProtocol, servername: socket.servername ?? false, isReused: socket.isSessionReused() });
  });
  server.on("connect", (request, socket: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    sockets.add(socket);
    socket.on("error", () => {});
    if (!isAllowed(request.headers["proxy-authorization"])) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const port = options.to ?? Number(request.url!.slice(request.url!.lastIndexOf(":") + 1));
    const target = connect(port, "localhost", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(target).pipe(socket);
    });
    sockets.add(target);
    target.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    // What one end of the tunnel does the other learns.
    target.on("close", () => socket.destroySoon());
    socket.on("close", () => target.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    handshakes,
    close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}
