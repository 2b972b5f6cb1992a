/**
 * Handlers that answer with bytes as they are, past node's own framing: odd status lines, lengths and types; and
 * ranges.
 */
import type { Exchange, Handler, HeaderEntries } from "./exchange.ts";

/** Of long-wav.py: five minutes of silence, 8 bits at 8 kHz. */
const wav_rate = 8000;
const wav_bytes = 5 * 60 * wav_rate;
const wav_header_bytes = 44;

/** Sends bytes, kept as Latin-1, and ends the connection. */
function sendBytes(exchange: Exchange, text: string): undefined {
  exchange.response.detachSocket(exchange.socket);
  exchange.socket.end(Buffer.from(text, "latin1"));
  return undefined;
}

const contentLength: Handler = (exchange) =>
  sendBytes(
    exchange,
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain;charset=UTF-8\r\nConnection: close\r\n${exchange.query.first("length", "")}\r\n\r\nFact: this is really forty-two bytes long.`,
  );

const contentType: Handler = (exchange) => {
  const { query } = exchange;
  const values = query.entries.filter(([name]) => name === "value").map(([, value]) => value);
  const content = query.first("content", "<b>hi</b>\n");
  const types = query.has("single_header") ? [values.join(",")] : values;
  const lines = [
    "HTTP/1.1 200 OK",
    ...types.map((type) => `Content-Type: ${type}`),
    `Content-Length: ${content.length}`,
    "Connection: close",
  ];
  return sendBytes(exchange, `${lines.join("\r\n")}\r\n\r\n${content}`);
};

const longWav: Handler = (exchange) => {
  const { query, stash } = exchange;
  const place = "/fetch/range/";
  const range = exchange.header("range") ?? "";
  const keep = (key: string | undefined, value: string): void => {
    if (key) stash.put(place, key, value);
  };
  if (range !== "") keep(query.get("range-received-key"), "range-header-received");
  keep(query.get("accept-encoding-key"), exchange.header("accept-encoding") ?? "");
  const headers: HeaderEntries = [
    ["Content-Type", "audio/wav"],
    ["Accept-Ranges", "bytes"],
    ["Cache-Control", "no-cache"],
    ["Access-Control-Allow-Origin", exchange.header("origin") ?? ""],
  ];
  const whole = Buffer.concat([wavHeader(), Buffer.alloc(wav_bytes - wav_header_bytes)]);
  const match = /^bytes=(\d+)-(\d*)$/.exec(range);
  if (match === null) return { headers, body: whole };
  const [start, end] = [Number(match[1]), match[2] === "" ? whole.length - 1 : Number(match[2])];
  headers.push(["Content-Range", `bytes ${start}-${end}/${whole.length}`]);
  return { status: 206, headers, body: whole.subarray(start, end + 1) };
};

/** A RIFF header for one channel of 8 bits. */
function wavHeader(): Buffer {
  const header = Buffer.alloc(wav_header_bytes);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(wav_bytes - 8, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(wav_rate, 24);
  header.writeUInt32LE(wav_rate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(wav_bytes - wav_header_bytes, 40);
  return header;
}

export const wireHandlers: Record<string, Handler> = {
  "/fetch/content-length/resources/content-length.py": contentLength,
  "/fetch/content-type/resources/content-type.py": contentType,
  "/fetch/h1-parsing/resources/message.py": (exchange) => sendBytes(exchange, exchange.query.first("message", "")),
  "/fetch/h1-parsing/resources/status-code.py": (exchange) =>
    sendBytes(exchange, `HTTP/1.1 ${exchange.query.first("input", "")}\nheader-parsing: is sad\n`),
  "/fetch/range/resources/long-wav.py": longWav,
  "/fetch/range/resources/stash-take.py": ({ query, stash }) => ({
    headers: [["Content-Type", "application/json"]],
    body: JSON.stringify(stash.take("/fetch/range/", query.first("key", "")) ?? null),
  }),
};
