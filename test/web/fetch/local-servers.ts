/** Servers on ports of their own, whose connections can be ended. */
import type { AddressInfo, Server, Socket } from "node:net";

export class LocalServers {
  /** Origins, by name. */
  readonly urls: Record<string, string> = {};
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  async listen(name: string, server: Server, scheme = "https"): Promise<void> {
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "::", resolve));
    this.#servers.push(server);
    this.urls[name] = `${scheme}://localhost:${(server.address() as AddressInfo).port}`;
  }

  get sockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
  }
}
