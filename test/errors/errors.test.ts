/**
 * Every error code, provoked: the class, the code, and a message that says what was given and what is allowed. Codes that
 * no test can bring about say why. docs/errors.md lists exactly the codes of the sources.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as nano from "../../src-ts/index.ts";
import { folderWith, nano as runNano } from "../support/cli.ts";
import { codesInPage, codesInSources } from "./codes.ts";

test("docs/errors.md lists exactly the codes of the sources", () => {
  expect([...codesInPage()].sort()).toEqual([...codesInSources()].sort());
});

/** Codes that are nano's own and that nothing here provokes, with the reason. */
const notHere: Record<string, string> = {
  ERR_CREATE: "V8 would have to fail at making an isolate",
  ERR_ISOLATE_CREATION: "as ERR_CREATE, whose cause it is",
  ERR_ADDON_MISSING: "test/sdk/process.test.ts",
  ERR_EXIT: "below, by the command's exit code",
  ERR_HOST_CALLS_FULL: "an error of the script; test/sdk/host-functions.test.ts",
  ERR_HTTP_BODY_TOO_LARGE: "a Content-Length beyond what an ArrayBuffer can hold; test/web/fetch and native/zig/stream",
  ERR_HTTP_INVALID_REQUEST: "Request and Headers refuse it before; native/zig/http/client_test.zig",
  ERR_HTTP2_GOAWAY: "test/web/fetch/http2.contract.ts",
  ERR_HTTP2_STREAM_REFUSED: "test/web/fetch/http2.contract.ts",
  ERR_HTTP2_STREAM_RESET: "test/web/fetch/http2.contract.ts",
  ERR_HTTP_QUEUE_FULL: "a million requests would have to wait",
  ERR_PROXY_REFUSED: "test/sdk/proxy.test.ts",
  ERR_PROXY_INVALID_RESPONSE: "native/zig/http/proxy_test.zig",
  ERR_SSL: "an error of OpenSSL without a name; native/zig/tls/engine_test.zig",
  ERR_TLS_CERT_ALTNAME_INVALID: "test/web/fetch/https.contract.ts",
  ERR_TLS_CERT_INVALID: "a verification error without a name",
  ERR_TLS_INVALID_HOST: "a host name that URL refuses before",
  ERR_TLS_INVALID_OPTION: "test/web/fetch/https.contract.ts",
  ERR_TLS_UNAVAILABLE: "a Node without OpenSSL's functions",
};

test("every code of nano's own is provoked, or says why not", () => {
  // Those of OpenSSL's alerts are its own.
  const own = [...codesInSources()].filter((code) => code.startsWith("ERR_") && !code.startsWith("ERR_SSL_"));
  expect(own.filter((code) => !(code in sdk || code in fetching || code in notHere))).toEqual([]);
  expect(Object.keys(notHere).filter((code) => !own.includes(code))).toEqual([]);
});

/** What a code's provocation must reject with. */
interface Expected {
  class?: string;
  message: RegExp;
}

const inIsolate = async (use: (isolate: nano.Isolate) => Promise<unknown>, options: nano.IsolateOptions = {}): Promise<unknown> => {
  const isolate = await nano.Isolate.create({ stdout: "ignore", stderr: "ignore", ...options });
  try {
    return await use(isolate);
  } finally {
    await isolate.dispose();
  }
};

async function inFolder(files: Record<string, string | Uint8Array>, use: (path: string) => Promise<unknown>): Promise<unknown> {
  const folder = folderWith(files);
  try {
    return await use(folder.path);
  } finally {
    folder.remove();
  }
}

const sdk: Record<string, [provoke: () => Promise<unknown>, expected: Expected]> = {
  ERR_SCRIPT: [
    () => inIsolate((isolate) => isolate.eval("null.x")),
    { class: "ScriptError", message: /properties of null \(reading 'x'\)/ },
  ],
  ERR_UNSETTLED: [
    () => inIsolate((isolate) => isolate.eval("new Promise(() => {})")),
    { class: "ScriptError", message: /promise.*nothing|never|settle/i },
  ],
  ERR_NOT_CLONEABLE: [() => inIsolate((isolate) => isolate.eval("() => {}")), { class: "ScriptError", message: /\(\) => \{\}|function/ }],
  ERR_NO_EXPORT: [
    () => inIsolate((isolate) => isolate.run({ code: "export const f = () => 1" }).then(() => isolate.call("g"))),
    { class: "IsolateError", message: /g/ },
  ],
  ERR_TIME_LIMIT: [
    () => inIsolate((isolate) => isolate.eval("for (;;);"), { timeLimit: 30 }),
    { class: "LimitError", message: /more CPU time than its limit of 30 ms/ },
  ],
  ERR_MEMORY_LIMIT: [
    () => inIsolate((isolate) => isolate.eval("const a = []; for (;;) a.push(new Array(1000).fill({}))"), { memoryLimit: 16 << 20 }),
    { class: "LimitError", message: /its limit of 16 MiB/ },
  ],
  ERR_DISPOSED: [
    () => inIsolate((isolate) => isolate.dispose().then(() => isolate.eval("1"))),
    { class: "DisposedError", message: /isolate is disposed/ },
  ],
  ERR_INVALID_OPTION: [
    () => nano.Isolate.create({ memoryLimit: 5 }),
    { class: "InvalidOptionError", message: /memoryLimit must be a whole number of bytes from 8388608 to 1099511627776, got 5/ },
  ],
  ERR_MODULE_NOT_FOUND: [
    () => inIsolate((isolate) => isolate.run({ code: 'import "./nope.js"' })),
    { class: "ModuleError", message: /"\.\/nope\.js" imported from memory:\/\/\/code\.js/ },
  ],
  ERR_MODULE_UNSUPPORTED: [
    () => inIsolate((isolate) => isolate.run({ code: 'import "node:fs"' })),
    { class: "ModuleError", message: /"node:fs"/ },
  ],
  ERR_MODULE_INVALID: [
    () => inFolder({ "bad.js": Uint8Array.of(0x80, 0xff) }, (path) => inIsolate((isolate) => isolate.run({ file: join(path, "bad.js") }))),
    { class: "ModuleError", message: /bad\.js.*UTF-8/ },
  ],
  ERR_MODULE_DENIED: [
    () =>
      inFolder({ "a.js": 'import "./b.js"', "b.js": "" }, (path) =>
        inIsolate((isolate) => isolate.run({ file: join(path, "a.js") }), { importRoots: [join(path, "a.js")] }),
      ),
    { class: "ModuleError", message: /b\.js.*(outside|importRoots)/s },
  ],
};

describe("the SDK", () => {
  test.each(Object.entries(sdk))("%s", async (code, [provoke, expected]) => {
    const error = (await provoke().then(
      (value) => expect.fail(`nothing was thrown, but ${value} returned`),
      (thrown) => thrown,
    )) as nano.IsolateError;
    expect(error).toBeInstanceOf(nano.IsolateError);
    expect(error.name).toBe(expected.class);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(expected.message);
  });

  test("ERR_EXIT is nano run's exit code", async () => {
    expect((await runNano(["run", "-e", "CLI.exit(7)"])).code).toBe(7);
  });
});

/** What the server answers, by path, and how the connection ends. */
const answers: Record<string, [answer: string | Buffer, end?: "end" | "stay" | "reset"]> = {
  "/not-http": ["SSH-2.0-x\r\n\r\n"],
  "/long-head": [`HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}\r\n\r\n`],
  "/silent": ["", "stay"],
  "/stall": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "stay"],
  "/short": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"],
  "/no-gzip": ["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"],
  "/nothing": [""],
  "/large": [Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${64 << 20}\r\n\r\n`), Buffer.alloc(64 << 20)])],
};

let server: Server;
let origin: string;
let port: number;
beforeAll(async () => {
  const bomb = gzipSync(Buffer.alloc(80 << 20), { level: 9 });
  answers["/bomb"] = [
    Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`), bomb]),
  ];
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (head) => {
      const [answer, end = "end"] = answers[/^\w+ (\S+)/.exec(head.toString("latin1"))![1]!]!;
      socket.write(answer);
      if (end === "end") socket.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
  origin = `http://127.0.0.1:${port}`;
});
afterAll(() => void server.close());

const failing = (chunks: number) =>
  new nano.ReadableStream<Uint8Array>({
    pull(controller) {
      if (chunks-- > 0) controller.enqueue(new Uint8Array(4));
      else controller.close();
    },
  });

const read = async (path: string, options: nano.RequestInit = {}) => (await nano.fetch(origin + path, options)).bytes();
/** In an isolate; what it fails with comes out as it was. */
const inside = async (path: string, options: nano.IsolateOptions) => {
  const failure = (await inIsolate(
    (isolate) =>
      isolate.eval(
        `fetch(${JSON.stringify(origin + path)}).then((response) => response.bytes()).then(() => null, ({ name, message, cause }) =>
           ({ name, message, cause: cause && { code: cause.code, phase: cause.phase, message: cause.message } }))`,
      ),
    options,
  )) as Error | null;
  if (failure !== null) throw failure;
};

const fetching: Record<string, [provoke: () => Promise<unknown>, message: RegExp]> = {
  ERR_NET_DENIED: [() => inside("/", {}), /127\.0\.0\.1.*does not allow it/],
  ERR_HTTP_INVALID_RESPONSE: [() => read("/not-http"), /./],
  ERR_HTTP_HEADERS_TOO_LARGE: [() => read("/long-head"), /limit/],
  ERR_HTTP_HEADERS_TIMEOUT: [() => read("/silent", { timeouts: { headers: 50 } }), /headers timeout/],
  ERR_HTTP_BODY_TIMEOUT: [() => read("/stall", { timeouts: { body: 50 } }), /body timeout/],
  ERR_HTTP_TOTAL_TIMEOUT: [() => read("/silent", { timeouts: { total: 50 } }), /total timeout/],
  ERR_HTTP_BODY_TRUNCATED: [() => read("/short"), /before the body was complete/],
  ERR_HTTP_CONTENT_DECODING: [() => read("/no-gzip"), /Content-Encoding/],
  ERR_HTTP_CONTENT_RATIO: [() => read("/bomb"), /32 MiB.*250/],
  ERR_HTTP_REQUEST_BODY: [
    () => read("/silent", { method: "POST", body: failing(3), duplex: "half", headers: { "Content-Length": "4" } }),
    /Content-Length header differs/,
  ],
  ECONNRESET: [() => read("/nothing"), /closed the connection before the response/],
  ECONNREFUSED: [() => nano.fetch("http://127.0.0.1:65533/"), /connection refused/],
  ENOENT: [() => nano.fetch("http://x/", { unix: "/nowhere/socket" }), /no such Unix socket/],
};

describe("fetch", () => {
  test.each(Object.entries(fetching))("%s", async (code, [provoke, message]) => {
    const error = (await provoke().then(
      () => expect.fail("nothing was thrown"),
      (thrown) => thrown,
    )) as TypeError & { cause: Error & { code: string; phase: string } };
    expect(error.name).toBe("TypeError");
    expect(error.message).toBe("fetch failed");
    expect(error.cause.code).toBe(code);
    expect(error.cause.phase).toMatch(/^(dns|connect|proxy-tls|proxy|tls|send|headers|body)$/);
    expect(error.cause.message).toMatch(message);
  });
});

test("a body that the memory limit has no room for is a RangeError, as any buffer is", async () => {
  await expect(inside("/large", { memoryLimit: 24 << 20, network: { allow: "*" } })).rejects.toMatchObject({
    name: "RangeError",
    message: expect.stringContaining("memory limit"),
  });
});

/** Refusals of arguments: each names the function and what was wrong with what it got. */
const refusals: [name: string, provoke: () => unknown, errorName: string, message: RegExp][] = [
  ["too few arguments", () => new (nano.URL as unknown as new () => unknown)(), "TypeError", /URL.*1 argument/],
  ["a URL", () => new nano.URL("nope"), "TypeError", /"?nope"?/],
  [
    "a number out of range",
    () => new Uint8Array(nano.crypto.getRandomValues(new Uint8Array(65_537))),
    "QuotaExceededError",
    /at most 65536.*65537/,
  ],
  ["an enum", () => new nano.CompressionStream("zip" as "gzip"), "TypeError", /zip/],
  ["a dictionary", () => new nano.Event("x", 5 as never), "TypeError", /5|dictionary|object/],
  ["a header's name", () => new nano.Headers({ "a b": "c" }), "TypeError", /a b/],
  ["a header's value", () => new nano.Headers({ a: "b\nc" }), "TypeError", /b\\nc|value/],
  ["a method", () => new nano.Request("http://a/", { method: "TRACE" }), "TypeError", /TRACE/],
  ["a status", () => new nano.Response(null, { status: 99 }), "RangeError", /99.*200.*599|99/],
  ["base64", () => nano.atob("a"), "InvalidCharacterError", /./],
  ["an encoding", () => new nano.TextDecoder("nope"), "RangeError", /nope/],
  ["ill-formed text", () => new nano.TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.of(0xff)), "TypeError", /utf-8|valid/i],
  ["what cannot be cloned", () => nano.structuredClone(() => 1), "DataCloneError", /\(\) => 1|function/],
  ["a highWaterMark", () => new nano.ReadableStream({}, { highWaterMark: -1 }), "RangeError", /-1/],
  [
    "a locked stream",
    () => {
      const stream = new nano.ReadableStream();
      stream.getReader();
      return stream.getReader();
    },
    "TypeError",
    /locked/,
  ],
  ["a brand", () => (nano.Headers.prototype.get as (name: string) => unknown).call({}, "a"), "TypeError", /Headers/],
  ["a network rule", () => nano.configureNetwork({ allow: ["a b"] }), "InvalidOptionError", /a b/],
  ["an algorithm", () => nano.crypto.subtle.digest("MD5", new Uint8Array(1)), "NotSupportedError", /MD5/],
  ["a key's usage", () => nano.crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["sign"]), "SyntaxError", /sign/],
  ["a key's length", () => nano.crypto.subtle.generateKey({ name: "AES-GCM", length: 100 }, false, ["encrypt"]), "OperationError", /100/],
  ["a timeout", () => nano.AbortSignal.timeout(-1), "TypeError", /-1/],
];

describe("arguments", () => {
  test.each(refusals)("%s", async (_, provoke, errorName, message) => {
    const error = (await (async () => provoke())().then(
      () => expect.fail("nothing was thrown"),
      (thrown) => thrown,
    )) as Error;
    expect(error.name).toBe(errorName);
    expect(error.message).toMatch(message);
  });
});

describe("the command", () => {
  const wrong: [args: string[], message: RegExp][] = [
    [[], /no command given; "nano run FILE"/],
    [["walk"], /no command "walk"; "nano run FILE"/],
    [["run"], /no file given: nano run FILE/],
    [["run", "--memory", "x.js"], /--memory/],
    [["run", "--env-file"], /--env-file needs/],
  ];
  test.each(wrong)("nano %j", async (args, message) => {
    const { code, stderr } = await runNano(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
