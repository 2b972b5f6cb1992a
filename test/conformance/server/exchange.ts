/**
 * One request and its answer, as the handlers see them (after wptserve's request and response objects:
 * https://web-platform-tests.org/tools/wptserve/docs/). Header values and queries are bytes, kept as Latin-1.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

/** What handlers leave for each other, by path of their folder and key. */
export class Stash {
  readonly #values = new Map<string, unknown>();

  put(folder: string, key: string, value: unknown): void {
    this.#values.set(`${folder} ${key}`, value);
  }

  /** The value, which is then gone. */
  take(folder: string, key: string): unknown {
    const value = this.#values.get(`${folder} ${key}`);
    this.#values.delete(`${folder} ${key}`);
    return value;
  }
}

/** Names and values, in order; a name may come twice. */
export type HeaderEntries = [name: string, value: string][];

export interface Answer {
  status?: number;
  statusText?: string;
  headers?: HeaderEntries;
  body?: string | Uint8Array;
  /** Nothing is added to it. */
  isRaw?: boolean;
}

/** Answers, or has written the response itself and returns nothing. */
export type Handler = (exchange: Exchange) => Answer | undefined | Promise<Answer | undefined>;

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly stash: Stash;
  readonly url: URL;
  /** Bytes as Latin-1. */
  readonly query: Query;

  constructor(request: IncomingMessage, response: ServerResponse, stash: Stash, url: URL) {
    this.request = request;
    this.response = response;
    this.stash = stash;
    this.url = url;
    this.query = new Query(url.search.slice(1));
  }

  get method(): string {
    return this.request.method ?? "GET";
  }

  /** "/fetch/api/resources/": what a handler's stash is keyed by when its Python original asks for that. */
  get folder(): string {
    return this.url.pathname.replace(/[^/]*$/, "");
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  get socket(): Socket {
    return this.request.socket;
  }

  async body(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  /** Sends the head; chunked unless headers say otherwise. */
  start({ status = 200, statusText, headers = [] }: Answer): void {
    this.response.writeHead(status, statusText ?? STATUS_CODES[status] ?? "", headers.flat());
    this.response.flushHeaders();
  }

  /** @returns false when the client has gone */
  async write(chunk: string | Uint8Array): Promise<boolean> {
    if (this.response.destroyed) return false;
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk;
    if (this.response.write(bytes)) return true;
    await new Promise<void>((resolve) => {
      this.response.once("drain", resolve).once("close", resolve);
    });
    return !this.response.destroyed;
  }

  send({ status = 200, statusText = STATUS_CODES[status] ?? "", headers = [], body = "", isRaw = false }: Answer): void {
    const bytes = typeof body === "string" ? Buffer.from(body, "latin1") : body;
    const all: HeaderEntries = [...headers];
    const isBodiless = status < 200 || status === 204 || status === 304;
    if (!isRaw && !isBodiless && !all.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))) {
      all.push(["Content-Length", String(bytes.length)]);
    }
    const sent = isBodiless || this.method === "HEAD" ? undefined : bytes;
    // As upstream, whose connection ends after what was to be the answer.
    if (isRaw || status < 200 || !isTidy(all, statusText)) {
      this.#sendRaw(status, statusText, all, sent);
      return;
    }
    this.response.writeHead(status, statusText, all.flat());
    this.response.end(sent);
  }

  /** Past node's own checks and framing, as the one answer of the connection. */
  #sendRaw(status: number, statusText: string, headers: HeaderEntries, body: Uint8Array | undefined): void {
    const lines = [`HTTP/1.1 ${status} ${statusText}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
    if (!headers.some(([name]) => /^connection$/i.test(name))) lines.push("Connection: close");
    this.response.detachSocket(this.socket);
    this.socket.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
    if (body === undefined) this.socket.end();
    else this.socket.end(body);
  }
}

/** Whether node would send this as it is. */
function isTidy(headers: HeaderEntries, statusText: string): boolean {
  const isPrintable = (text: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
  return isPrintable(statusText) && headers.every(([name, value]) => /^[!#$%&'*+.^_`|~\w-]+$/.test(name) && isPrintable(value));
}

/** A query as Python's parse_qs reads it, percent-decoded to bytes. */
export class Query {
  readonly entries: [string, string][];

  constructor(text: string) {
    const decode = (part: string): string =>
      part.replaceAll("+", " ").replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    this.entries = text
      .split("&")
      .filter((part) => part !== "")
      .map((part) => {
        const equals = part.indexOf("=");
        return equals === -1 ? [decode(part), ""] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
      });
  }

  has(name: string): boolean {
    return this.entries.some(([key]) => key === name);
  }

  get(name: string): string | undefined {
    return this.entries.find(([key]) => key === name)?.[1];
  }

  first(name: string, otherwise: string): string {
    return this.get(name) ?? otherwise;
  }
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
