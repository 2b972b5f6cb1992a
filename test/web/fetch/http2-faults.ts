/** Servers of HTTP/2 by hand, each of which breaks a rule: frames as https://www.rfc-editor.org/rfc/rfc9113#section-4 has them. */
import type { TLSSocket } from "node:tls";

export const type = { data: 0, headers: 1, reset: 3, settings: 4, push: 5, ping: 6, goaway: 7, window: 8, continuation: 9 };
export const end_stream = 1;
export const end_headers = 4;
/** Indexed field 8 of HPACK's static table: ":status: 200". */
export const status_200 = Buffer.from([0x88]);

export function frame(kind: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = kind;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A literal without indexing (RFC 7541 section 6.2.2), of less than 127 bytes each. */
export function field(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value, "latin1")]);
}

export function response(...fields: Buffer[]): Buffer {
  return frame(type.headers, end_headers, 1, Buffer.concat([status_200, ...fields]));
}

export const settings = frame(type.settings, 0, 0);
export const ping = frame(type.ping, 0, 0, Buffer.alloc(8));

/** After the request has come: what `frames` gives, and nothing more. */
export const answer =
  (...frames: Buffer[]) =>
  (socket: TLSSocket): void => {
    socket.write(settings);
    socket.once("data", () => setTimeout(() => socket.write(Buffer.concat(frames)), 20));
  };

/** Every frame that comes, once the connection's preface is over. */
export function onFrames(socket: TLSSocket, take: (kind: number, flags: number, stream: number, payload: Buffer) => void): void {
  let held = Buffer.alloc(0);
  let left = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length;
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    if (held.length < left) return;
    held = held.subarray(left);
    left = 0;
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const size = held.readUIntBE(0, 3);
      take(held[3]!, held[4]!, held.readUInt32BE(5), held.subarray(9, 9 + size));
      held = held.subarray(9 + size);
    }
  });
}

export const ack = 1;

/** Answers each request with how many PINGs have come, and no PING that comes after `answered` of them. */
const countPings =
  (answered: number) =>
  (socket: TLSSocket): void => {
    let count = 0;
    socket.write(settings);
    onFrames(socket, (kind, flags, stream, payload) => {
      if (kind === type.ping && !(flags & ack) && ++count <= answered) socket.write(frame(type.ping, ack, 0, payload));
      if (kind === type.settings && !(flags & ack)) socket.write(frame(type.settings, ack, 0));
      if (kind !== type.headers || count > answered) return;
      const body = frame(type.data, end_stream, stream, Buffer.from(String(count)));
      socket.write(Buffer.concat([frame(type.headers, end_headers, stream, status_200), body]));
    });
  };

export const pings = countPings(Number.POSITIVE_INFINITY);
/** Is silent from the first PING on. */
export const deafToPings = countPings(0);

/** Ends the connection for an error, and does not close it (RFC 9113 section 5.4.1: it has to). */
export const leavesAndStays = answer(frame(type.goaway, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 2])));

/** `frames` again and again, for as long as the other side takes it. */
export const flood =
  (frames: Buffer, { isRead = true, first = Buffer.alloc(0) as Buffer } = {}) =>
  (socket: TLSSocket): void => {
    socket.write(settings);
    const many = Buffer.concat(Array.from({ length: 500 }, () => frames));
    socket.once("data", () => {
      if (!isRead) socket.pause();
      socket.write(first);
      const timer = setInterval(() => {
        if (socket.writableLength < 1 << 20) socket.write(many);
      }, 1);
      socket.on("close", () => clearInterval(timer));
    });
  };

export const faults: Record<string, (socket: TLSSocket) => void> = {
  garbage: (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
  closes: (socket) => void socket.once("data", () => socket.end()),
  silent: (socket) => void socket.resume(),
  noStatus: answer(frame(type.headers, end_headers | end_stream, 1, field("a", "b"))),
  upperCase: answer(response(field("A", "b"))),
  badName: answer(response(field("a b", "c"))),
  badValue: answer(response(field("a", "b\r\nc: d"))),
  nulValue: answer(response(field("a", "b\0c"))),
  connection: answer(response(field("connection", "close"))),
  chunked: answer(response(field("transfer-encoding", "chunked"))),
  latePseudo: answer(response(field("a", "b"), field(":status", "204"))),
  requestPseudo: answer(response(field(":path", "/"))),
  switching: answer(frame(type.headers, end_headers, 1, field(":status", "101"))),
  twoLengths: answer(response(field("content-length", "1"), field("content-length", "2"))),
  shortBody: answer(response(field("content-length", "10")), frame(type.data, end_stream, 1, Buffer.from("12345"))),
  longBody: answer(response(field("content-length", "3")), frame(type.data, end_stream, 1, Buffer.from("12345"))),
  dataFirst: answer(frame(type.data, end_stream, 1, Buffer.from("12345"))),
  push: answer(frame(type.push, end_headers, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), status_200]))),
  otherStream: answer(frame(type.headers, end_headers, 2, status_200)),
  badHpack: answer(frame(type.headers, end_headers, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))),
  tooLargeFrame: answer(frame(type.data, 0, 1, Buffer.alloc(20_000))),
  overWindow: answer(response(), ...Array.from({ length: 40 }, () => frame(type.data, 0, 1, Buffer.alloc(16_384)))),
  goawayError(socket) {
    socket.write(settings);
    // Of all streams up to the first; ENHANCE_YOUR_CALM.
    socket.once("data", () => setTimeout(() => socket.end(frame(type.goaway, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 11]))), 20));
  },
  manySettings: answer(frame(type.settings, 0, 0, Buffer.concat(Array.from({ length: 100 }, () => Buffer.from([0, 3, 0, 0, 0, 100]))))),
  continuations: answer(
    frame(type.headers, 0, 1, status_200),
    ...Array.from({ length: 64 }, () => frame(type.continuation, 0, 1, field("a", "b"))),
  ),
  pingFlood: flood(ping),
  unreadPingFlood: flood(ping, { isRead: false }),
  settingsFlood: flood(settings),
  emptyDataFlood: flood(frame(type.data, 0, 1), { first: response() }),
  windowFlood: flood(frame(type.window, 0, 0, Buffer.from([0, 0, 0, 1]))),
};
