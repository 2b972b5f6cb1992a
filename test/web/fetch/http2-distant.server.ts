/** A server for http2-distant.contract.ts: it hears of each frame some time after it was sent, as if it were far away. */
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { certificate } from "../../support/certificates.ts";
import { ack, end_headers, end_stream, frame, onFrames, settings, status_200, type } from "./http2-faults.ts";
import { LocalServers } from "./local-servers.ts";

export interface DistantContext {
  ca: string;
  /** Origins, and the sizes of their bodies. */
  urls: Record<string, string>;
  sizes: Record<string, number>;
  [name: string]: unknown;
}

/** What the server saw of a download: the most that it was allowed to send at once, and how often it had to wait for more. */
export interface Sight {
  widest: number;
  standstills: number;
}

const distance_ms = 25;
const frame_bytes = 16_384;
const initial_window_size = 4;
const sizes: Record<string, number> = { large: 16 << 20, medium: 3 << 20 };

/** Of a connection's requests every other gets so many bytes, as far as the client's windows allow; the next one what was seen of that. */
function serve(socket: TLSSocket, bytes: number): void {
  let sight: Sight = { widest: 0, standstills: 0 };
  let isReport = false;
  /** The stream of the bytes. */
  let download = 0;
  let left = 0;
  let window = 0;
  let initial = 65_535;
  let connection = 65_535;
  socket.write(settings);
  const send = (): void => {
    if (left > 0) sight.widest = Math.max(sight.widest, window);
    while (left > 0 && window > 0 && connection > 0) {
      const count = Math.min(left, window, connection, frame_bytes);
      left -= count;
      window -= count;
      connection -= count;
      socket.write(frame(type.data, left === 0 ? end_stream : 0, download, Buffer.alloc(count, "x")));
      if (left > 0 && window === 0) sight.standstills += 1;
    }
  };
  const take = (kind: number, flags: number, stream: number, payload: Buffer): void => {
    if (kind === type.settings && !(flags & ack)) {
      for (let at = 0; at < payload.length; at += 6)
        if (payload.readUInt16BE(at) === initial_window_size) initial = payload.readUInt32BE(at + 2);
      socket.write(frame(type.settings, ack, 0));
    }
    if (kind === type.ping && !(flags & ack)) socket.write(frame(type.ping, ack, 0, payload));
    if (kind === type.window && stream === 0) connection += payload.readUInt32BE(0);
    if (kind === type.window && stream === download) window += payload.readUInt32BE(0);
    if (kind === type.headers) {
      socket.write(frame(type.headers, end_headers, stream, status_200));
      if (isReport) {
        socket.write(frame(type.data, end_stream, stream, Buffer.from(JSON.stringify(sight))));
      } else {
        download = stream;
        left = bytes;
        window = initial;
        sight = { widest: 0, standstills: 0 };
      }
      isReport = !isReport;
    }
    send();
  };
  onFrames(socket, (kind, flags, stream, payload) => {
    const copy = Buffer.from(payload);
    setTimeout(() => socket.destroyed || take(kind, flags, stream, copy), distance_ms);
  });
}

export async function start(): Promise<{ context: DistantContext; close(): Promise<void> }> {
  const servers = new LocalServers();
  const authority = certificate({ subject: "nano test authority", isAuthority: true });
  const { cert, key } = certificate({ subject: "distant", names: ["localhost"], issuer: authority });
  for (const [name, bytes] of Object.entries(sizes)) {
    await servers.listen(
      name,
      createTlsServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => {
        socket.on("error", () => {});
        serve(socket, bytes);
      }),
    );
  }
  return {
    context: { ca: authority.cert, urls: servers.urls, sizes },
    async close() {
      servers.close();
    },
  };
}
