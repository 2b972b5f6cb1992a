/** Servers for http2-frames.contract.ts: frames by hand, which a client has to take or has to refuse. */
import { createServer, type TLSSocket } from "node:tls";
import { certificate } from "../../support/certificates.ts";
import {
  ack,
  answer,
  end_headers,
  end_stream,
  field,
  flood,
  frame,
  onFrames,
  ping,
  response,
  settings,
  status_200,
  type,
} from "./http2-faults.ts";
import { LocalServers } from "./local-servers.ts";

export interface FramesContext {
  ca: string;
  /** Origins. */
  urls: Record<string, string>;
  /** Names of servers whose response is "hello", the latter to a request with a body; of those that break a rule before their head, or in their body; of those that flood. */
  allowed: string[];
  uploads: string[];
  wrong_heads: string[];
  wrong_bodies: string[];
  floods: string[];
  [name: string]: unknown;
}

const padded = 8;
const prioritised = 0x20;
const priority_frame = 2;

function number(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

const setting = (id: number, value: number) => Buffer.concat([Buffer.from([0, id]), number(value)]);
const settingsOf = (...entries: Buffer[]) => frame(type.settings, 0, 0, Buffer.concat(entries));
const window = (stream: number, increment: number) => frame(type.window, 0, stream, number(increment));
const reset = (stream: number, code = 0) => frame(type.reset, 0, stream, number(code));
const data = (text: string, flags = 0, stream = 1) => frame(type.data, flags, stream, Buffer.from(text));
const interim = (status: string, flags = 0) => frame(type.headers, end_headers | flags, 1, field(":status", status));
const goodbye = (last: number, code = 0) => frame(type.goaway, 0, 0, number(last, code));
const hello = [response(), data("hello", end_stream)];
const unknown = (size: number) => frame(0xbe, 0xff, 1, Buffer.alloc(size));

/** Answers when the request's END_STREAM has come. `opening` comes first, `later` by and by, once a part of the request has. */
const upload =
  (opening: Buffer, later: Buffer[], ...answers: Buffer[]) =>
  (socket: TLSSocket): void => {
    socket.write(opening);
    let isLater = false;
    onFrames(socket, (kind, flags, stream) => {
      if (kind === type.settings && !(flags & ack)) socket.write(frame(type.settings, ack, 0));
      if (stream !== 1) return;
      if (!isLater) {
        isLater = true;
        for (const [index, each] of later.entries()) setTimeout(() => socket.write(each), 15 * (index + 1));
      }
      if (flags & end_stream) socket.write(Buffer.concat(answers));
    });
  };

/**
 * Takes 20,000 bytes more of all requests together every 20 ms, `times` times, and says hello to each that is whole. `isEarly`: the
 * head comes at once.
 */
const slowly =
  (times: number, isEarly: boolean) =>
  (socket: TLSSocket): void => {
    socket.write(settings);
    let left = times;
    const timer = setInterval(() => (left-- > 0 ? socket.write(window(0, 20_000)) : clearInterval(timer)), 20);
    socket.on("close", () => clearInterval(timer));
    onFrames(socket, (kind, flags, stream) => {
      if (kind === type.settings && !(flags & ack)) socket.write(frame(type.settings, ack, 0));
      const head = frame(type.headers, end_headers, stream, status_200);
      if (kind === type.headers && isEarly) socket.write(head);
      if (kind === type.data && flags & end_stream)
        socket.write(Buffer.concat([isEarly ? Buffer.alloc(0) : head, data("hello", end_stream, stream)]));
    });
  };

/** Then the connection ends, with TLS's word for it or without. */
const cut =
  (isSaid: boolean, ...frames: Buffer[]) =>
  (socket: TLSSocket): void => {
    socket.write(settings);
    socket.once("data", () => {
      socket.write(Buffer.concat(frames));
      setTimeout(() => (isSaid ? socket.end() : socket.destroy()), 20);
    });
  };

const allowed: Record<string, (socket: TLSSocket) => void> = {
  padding: answer(
    frame(type.headers, end_headers | padded, 1, Buffer.concat([Buffer.from([3]), status_200, Buffer.alloc(3)])),
    frame(type.data, padded, 1, Buffer.concat([Buffer.from([255]), Buffer.from("hel"), Buffer.alloc(255)])),
    frame(type.data, padded | end_stream, 1, Buffer.concat([Buffer.from([0]), Buffer.from("lo")])),
  ),
  priorities: answer(
    frame(priority_frame, 0, 1, Buffer.from([0, 0, 0, 0, 16])),
    frame(type.headers, end_headers | prioritised, 1, Buffer.concat([Buffer.from([0, 0, 0, 0, 16]), status_200])),
    data("hello", end_stream),
  ),
  unknownFrames: answer(unknown(0), unknown(16_000), frame(0xa, 0, 0, Buffer.from([0, 0])), frame(0xc, 0, 0), ...hello),
  unknownSettings: answer(settingsOf(setting(0xfe, 7), setting(8, 1)), ...hello),
  continued: answer(
    frame(type.headers, 0, 1, status_200),
    frame(type.continuation, 0, 1),
    frame(type.continuation, end_headers, 1, field("a", "b")),
    hello[1]!,
  ),
  interims: answer(interim("100"), interim("102"), interim("103"), ...hello),
  trailers: answer(response(), data("hello"), frame(type.headers, end_headers | end_stream, 1, field("a", "b"))),
  emptyEnd: answer(response(), data("hello"), data("", end_stream)),
  goodbyes: answer(goodbye(0x7fffffff), goodbye(3), goodbye(1), ...hello),
  lateFrames: answer(...hello, window(1, 5), reset(1), reset(1, 8), frame(priority_frame, 0, 1, Buffer.from([0, 0, 0, 0, 16])), ping),
};

const uploads: Record<string, (socket: TLSSocket) => void> = {
  // Of the request 65,535 bytes go, then none, then some.
  openedWindow: upload(settingsOf(setting(4, 0)), [window(1, 1000), window(1, 200_000), window(0, 200_000)], ...hello),
  negativeWindow: upload(settings, [settingsOf(setting(4, 1)), window(0, 200_000), window(1, 200_000)], ...hello),
  smallWindows: upload(settingsOf(setting(4, 10)), [window(1, 1), window(0, 1 << 20), settingsOf(setting(4, 1 << 20))], ...hello),
  // The answer is there, so the rest of the request is not wanted; that takes nothing of the answer back (section 8.1).
  enough: answer(...hello, reset(1)),
  enoughWithTrailers: answer(response(), data("hello"), frame(type.headers, end_headers | end_stream, 1, field("a", "b")), reset(1)),
};

const wrong_heads: Record<string, (socket: TLSSocket) => void> = {
  interimEnd: answer(interim("103", end_stream)),
  interimData: answer(interim("103"), data("hello", end_stream)),
  windowOfNothing: answer(window(0, 0), ...hello),
  streamWindowOfNothing: answer(window(1, 0), ...hello),
  windowTooWide: answer(window(0, 0x7fffffff), ...hello),
  streamWindowTooWide: answer(window(1, 0x7fffffff), ...hello),
  initialWindowTooWide: answer(settingsOf(setting(4, 0x80000000)), ...hello),
  frameSizeTooSmall: answer(settingsOf(setting(5, 100)), ...hello),
  pushEnabled: answer(settingsOf(setting(2, 1)), ...hello),
  settingsOfStream: answer(frame(type.settings, 0, 1), ...hello),
  settingsCutOff: answer(frame(type.settings, 0, 0, Buffer.alloc(5)), ...hello),
  settingsAckWithEntries: answer(frame(type.settings, ack, 0, setting(3, 1)), ...hello),
  pingOfStream: answer(frame(type.ping, 0, 1, Buffer.alloc(8)), ...hello),
  pingCutOff: answer(frame(type.ping, 0, 0, Buffer.alloc(7)), ...hello),
  goodbyeOfStream: answer(frame(type.goaway, 0, 1, number(1, 0)), ...hello),
  goodbyeGrows: answer(goodbye(1), goodbye(3), ...hello),
  resetCutOff: answer(frame(type.reset, 0, 1, Buffer.alloc(3)), ...hello),
  resetOfConnection: answer(reset(0), ...hello),
  dataOfConnection: answer(data("hello", 0, 0), ...hello),
  headOfConnection: answer(frame(type.headers, end_headers, 0, status_200), ...hello),
  dataOfNoStream: answer(data("hello", 0, 3), ...hello),
  resetOfNoStream: answer(reset(3), ...hello),
  windowOfNoStream: answer(window(3, 1), ...hello),
  continuationOfNothing: answer(frame(type.continuation, end_headers, 1, status_200)),
  headInterrupted: answer(frame(type.headers, 0, 1, status_200), ping, frame(type.continuation, end_headers, 1)),
  paddingTooLong: answer(frame(type.headers, end_headers | padded, 1, Buffer.concat([Buffer.from([9]), status_200]))),
  tableTooLarge: answer(frame(type.headers, end_headers, 1, Buffer.concat([Buffer.from([0x3f, 0xff, 0xff, 0x03]), status_200]))),
  indexOfNothing: answer(frame(type.headers, end_headers, 1, Buffer.from([0x88, 0xfe]))),
  tooLargeHead: answer(frame(type.headers, end_headers, 1, Buffer.alloc(20_000, status_200))),
};

const wrong_bodies: Record<string, (socket: TLSSocket) => void> = {
  secondHead: answer(response(), response(), data("hello", end_stream)),
  openTrailers: answer(response(), data("hello"), frame(type.headers, end_headers, 1, field("a", "b"))),
  trailersOfStatus: answer(response(), data("hello"), frame(type.headers, end_headers | end_stream, 1, field(":status", "200"))),
  trailersUpperCase: answer(response(), data("hello"), frame(type.headers, end_headers | end_stream, 1, field("A", "b"))),
  lengthOfTrailers: answer(
    response(field("content-length", "6")),
    data("hello"),
    frame(type.headers, end_headers | end_stream, 1, field("a", "b")),
  ),
  paddingOfData: answer(response(), frame(type.data, padded, 1, Buffer.from([9, 1]))),
  emptyPaddedData: answer(response(), frame(type.data, padded, 1)),
};

const floods: Record<string, (socket: TLSSocket) => void> = {
  resets: flood(reset(1), { first: Buffer.concat([frame(type.headers, end_headers, 1, status_200), reset(1)]) }),
  priorities: flood(frame(priority_frame, 0, 1, Buffer.from([0, 0, 0, 0, 16]))),
  padding: flood(frame(type.data, padded, 1, Buffer.from([2, 0, 0])), { first: response() }),
  streamWindows: flood(window(1, 1)),
  unreadSettings: flood(settings, { isRead: false }),
};

export async function start(): Promise<{ context: FramesContext; close(): Promise<void> }> {
  const servers = new LocalServers();
  const authority = certificate({ subject: "nano test authority", isAuthority: true });
  const { cert, key } = certificate({ subject: "frames", names: ["localhost"], issuer: authority });
  const cuts = { cutOff: cut(false, response(), data("hel")), ended: cut(true, response(), data("hel")), endedBefore: cut(true) };
  const slow = { slowly: slowly(200, false), slowlyAnswered: slowly(200, true), stops: slowly(3, false), stopsAnswered: slowly(3, true) };
  const groups = { slow, allowed, uploads, wrong_heads, wrong_bodies, floods, cuts };
  for (const [group, all] of Object.entries(groups)) {
    for (const [name, run] of Object.entries(all)) {
      await servers.listen(
        `${group}/${name}`,
        createServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => {
          socket.on("error", () => {});
          run(socket);
        }),
      );
    }
  }
  const names = Object.fromEntries(Object.entries(groups).map(([group, all]) => [group, Object.keys(all)]));
  return {
    context: { ca: authority.cert, urls: servers.urls, ...names } as FramesContext,
    async close() {
      servers.close();
    },
  };
}
