/** Proxies and Unix sockets: by the realm's settings, by a call, by the environment; what the policy says to them. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configureNetwork, fetch, Isolate, type NetworkOptions, Request } from "../../src-ts/index.ts";
import { proxyOfEnvironment } from "../../src-ts/sdk/proxy-environment.ts";
import { certificate } from "../support/certificates.ts";
import { folderWith, nano } from "../support/cli.ts";
import { type ProxyServer, startProxy } from "../support/proxy-server.ts";
import { start as startHttps } from "../web/fetch/https.server.ts";

let origin: Server;
let port: number;
let proxy: ProxyServer;
let guarded: ProxyServer;
/** With TLS, by a certificate of `proxyAuthority`, which is not that of `https`. */
let secure: ProxyServer;
let proxyAuthority: string;
let https: Awaited<ReturnType<typeof startHttps>>;
const onRequest = (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse): void => {
  if (request.url === "/redirect-out") response.writeHead(302, { Location: "http://other.example/" }).end();
  else if (request.url === "/redirect") response.writeHead(302, { Location: "/hello" }).end();
  else if (request.method === "POST") request.pipe(response);
  else response.end(`hello from ${request.headers.host}`);
};
beforeAll(async () => {
  origin = createServer(onRequest).listen(0, "127.0.0.1");
  await once(origin, "listening");
  port = (origin.address() as AddressInfo).port;
  proxy = await startProxy({ to: port });
  guarded = await startProxy({ authorization: `Basic ${Buffer.from("üser:p@ss:word").toString("base64")}` });
  const authority = certificate({ subject: "authority of the proxy", isAuthority: true });
  const { cert, key } = certificate({ subject: "proxy", names: ["localhost"], issuer: authority });
  proxyAuthority = authority.cert;
  secure = await startProxy({ tls: { cert, key } });
  https = await startHttps();
});
afterAll(async () => {
  proxy.close();
  guarded.close();
  secure.close();
  origin.closeAllConnections();
  origin.close();
  await https.close();
});
afterEach(() => {
  proxy.seen.length = 0;
  guarded.seen.length = 0;
  secure.seen.length = 0;
  secure.handshakes.length = 0;
  configureNetwork({});
});

const url = (server: ProxyServer, credentials = ""): string => `http://${credentials}127.0.0.1:${server.port}`;
const withCredentials = (): string => url(guarded, `${encodeURIComponent("üser")}:${encodeURIComponent("p@ss:word")}@`);

/** What a fetch in an isolate comes to: the body's text, or the failure's cause. */
async function inIsolate(network: NetworkOptions, target: string, init = {}): Promise<unknown> {
  const isolate = await Isolate.create({ network });
  try {
    return await isolate.eval(
      `fetch(${JSON.stringify(target)}, ${JSON.stringify(init)}).then((response) => response.text()).catch((error) => ({ message: error.cause?.message ?? error.message, ...error.cause }))`,
    );
  } finally {
    await isolate.dispose();
  }
}

describe("http: through a proxy", () => {
  test("of the call: the proxy sees the whole URL, the server its own host", async () => {
    const response = await fetch("http://far.example/hello?x=1", { proxy: url(proxy) });
    expect(await response.text()).toBe("hello from far.example");
    expect(response.url).toBe("http://far.example/hello?x=1");
    expect(proxy.seen).toEqual(["GET http://far.example/hello?x=1"]);
  });

  test("of the realm, by scheme and without the hosts of `bypass`", async () => {
    configureNetwork({ proxy: { http: url(proxy), bypass: ["127.0.0.0/8", "direct.example"] } });
    expect(await (await fetch("http://far.example:81/")).text()).toBe("hello from far.example:81");
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe(`hello from 127.0.0.1:${port}`);
    expect(await (await fetch("http://again.example/", { method: "POST", body: "echo" })).text()).toBe("echo");
    await expect(fetch("http://sub.direct.example/")).rejects.toMatchObject({ cause: { phase: "dns", host: "sub.direct.example" } });
    await expect(fetch("http://far.example/", { proxy: false })).rejects.toMatchObject({ cause: { phase: "dns" } });
    expect(proxy.seen).toEqual(["GET http://far.example:81/", "POST http://again.example/"]);
  });

  test("a Request keeps its proxy, and redirects go through it", async () => {
    const response = await fetch(new Request(new Request("http://far.example/redirect", { proxy: url(proxy) })));
    expect(response.url).toBe("http://far.example/hello");
    await fetch("http://far.example/redirect-out", { proxy: url(proxy) });
    expect(proxy.seen.at(-1)).toBe("GET http://other.example/");
  });

  test("with user and password; without them the proxy's answer is the response", async () => {
    const target = `http://127.0.0.1:${port}/`;
    expect(await (await fetch(target, { proxy: withCredentials() })).text()).toBe(`hello from 127.0.0.1:${port}`);
    expect((await fetch(target, { proxy: url(guarded) })).status).toBe(407);
  });
});

describe("https: through a tunnel", () => {
  const tls = (): { ca: string } => ({ ca: https.context.ca });

  test("TLS is with the server", async () => {
    const target = `${https.context.urls.good}/about`;
    for (let round = 0; round < 2; round++) {
      const about = await (await fetch(target, { proxy: withCredentials(), tls: tls() })).json();
      expect(about).toMatchObject({ protocol: "TLSv1.3", servername: "localhost" });
    }
    // Kept for the next.
    expect(guarded.seen).toEqual([`CONNECT ${new URL(target).host}`]);
    const large = await (await fetch(`${https.context.urls.good}/large`, { proxy: withCredentials(), tls: tls() })).bytes();
    expect(large.length).toBe(8 << 20);
  });

  test("an isolate, by its maker's settings", async () => {
    const network = { allow: ["localhost"], proxy: withCredentials(), tls: tls() };
    expect(await inIsolate(network, https.context.urls.good!)).toBe("hello");
    expect(guarded.seen.length).toBe(1);
  });

  test("errors name the proxy and the phase", async () => {
    const target = https.context.urls.good!;
    const targetPort = Number(new URL(target).port);
    await expect(fetch(target, { proxy: url(guarded), tls: tls() })).rejects.toMatchObject({
      message: "fetch failed",
      cause: {
        code: "ERR_PROXY_REFUSED",
        phase: "proxy",
        status: 407,
        host: "localhost",
        port: targetPort,
        proxy: `127.0.0.1:${guarded.port}`,
        message: `localhost:${targetPort} by the proxy 127.0.0.1:${guarded.port}: the proxy wants a user name and password, or others (status 407) (proxy, ERR_PROXY_REFUSED)`,
      },
    });
    const dead = createSocketServer().listen(0, "127.0.0.1");
    await once(dead, "listening");
    const deadPort = (dead.address() as AddressInfo).port;
    await once(dead.close(), "close");
    await expect(fetch(target, { proxy: `127.0.0.1:${deadPort}` })).rejects.toMatchObject({
      cause: { code: "ECONNREFUSED", phase: "connect", host: "localhost", proxy: `127.0.0.1:${deadPort}`, address: "127.0.0.1" },
    });
    // The server behind the tunnel is another one than its certificate says.
    await expect(fetch(https.context.urls.other!, { proxy: withCredentials(), tls: tls() })).rejects.toMatchObject({
      cause: { phase: "tls", code: "ERR_TLS_CERT_ALTNAME_INVALID" },
    });
  });

  test("a proxy that does not answer is a matter of the connect timeout", async () => {
    const silent = createSocketServer((socket) => void socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port: silentPort } = silent.address() as AddressInfo;
    await expect(
      fetch("https://far.example/", { proxy: `http://127.0.0.1:${silentPort}`, timeouts: { connect: 50 } }),
    ).rejects.toMatchObject({
      cause: { code: "ETIMEDOUT", phase: "proxy" },
    });
    await once(silent.close(), "close");
  });
});

describe("TLS to the proxy itself (more is in test/web/fetch/https-proxy.*)", () => {
  const secureUrl = (): string => `https://localhost:${secure.port}`;
  const targets = (): string[] => [`http://127.0.0.1:${port}/`, `${https.context.urls.good}/`];
  const texts = (): string[] => [`hello from 127.0.0.1:${port}`, "hello"];
  const settings = (): NetworkOptions => ({
    proxy: { http: secureUrl(), https: secureUrl(), tls: { ca: proxyAuthority } },
    tls: { ca: https.context.ca },
  });

  test("by the realm's settings: kept connections, HTTP/1.1 alone is offered to the proxy, sessions are resumed", async () => {
    configureNetwork({ ...settings(), http2: true });
    for (const [index, target] of targets().entries()) {
      for (let round = 0; round < 3; round++) expect(await (await fetch(target)).text()).toBe(texts()[index]);
    }
    const [plain, tunnelled] = targets();
    expect(secure.seen).toEqual([...Array<string>(3).fill(`GET ${plain}`), `CONNECT ${new URL(tunnelled!).host}`]);
    expect(secure.handshakes).toEqual([
      { alpn: "http/1.1", servername: "localhost", isReused: false },
      { alpn: "http/1.1", servername: "localhost", isReused: true },
    ]);
  });

  test("an isolate, by its maker's settings", async () => {
    const network = { ...settings(), allow: ["localhost", "127.0.0.1"] };
    for (const [index, target] of targets().entries()) expect(await inIsolate(network, target)).toBe(texts()[index]);
    // The targets' authority is not the proxy's.
    const own = { ...network, proxy: secureUrl() };
    for (const target of targets()) {
      expect(await inIsolate(own, target)).toMatchObject({ phase: "proxy-tls", proxy: secureUrl() });
    }
  });

  test("the policy is asked about a proxy that a script names", async () => {
    const init = { proxy: { url: secureUrl(), tls: { ca: proxyAuthority } } };
    const target = targets()[0]!;
    expect(await inIsolate({ allow: [`127.0.0.1:${port}`] }, target, init)).toMatchObject({
      code: "ERR_NET_DENIED",
      phase: "connect",
      proxy: secureUrl(),
    });
    expect(secure.handshakes).toEqual([]);
    expect(await inIsolate({ allow: [`127.0.0.1:${port}`, `localhost:${secure.port}`] }, target, init)).toBe(texts()[0]);
  });

  test("by the environment, which names the authority too", async () => {
    const folder = folderWith({
      "run.mjs": "for (const url of CLI.args) console.log(await (await fetch(url)).text())",
      "ca.pem": `${proxyAuthority}${https.context.ca}`,
    });
    try {
      const env = { HTTP_PROXY: secureUrl(), HTTPS_PROXY: secureUrl(), NODE_EXTRA_CA_CERTS: join(folder.path, "ca.pem") };
      const { stdout } = await nano(["run", join(folder.path, "run.mjs"), ...targets()], { env });
      expect(stdout).toBe(`${texts().join("\n")}\n`);
      const program = 'import { fetch } from "nano-runtime"; console.log(await (await fetch(process.argv.at(-1))).text())';
      const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program, targets()[1]!], {
        env: { ...process.env, ...env },
      });
      expect(await run).toEqual({ stdout: "hello\n", stderr: "" });
      expect(secure.seen.map((line) => line.split(" ")[0])).toEqual(["GET", "CONNECT", "CONNECT"]);
    } finally {
      folder.remove();
    }
  });
});

describe("the policy", () => {
  test("is asked about the target behind the maker's proxy, not about that proxy", async () => {
    const network = { allow: ["@public"], proxy: url(proxy) };
    expect(await inIsolate(network, "http://far.example/")).toBe("hello from far.example");
    for (const target of [`http://127.0.0.1:${port}/`, "http://localhost/", "http://10.0.0.1/", "http://metadata.google.internal/"]) {
      expect(await inIsolate(network, target), target).toMatchObject({ code: "ERR_NET_DENIED", phase: "connect" });
    }
    expect(await inIsolate({ ...network, deny: ["far.example"] }, "http://far.example/")).toMatchObject({ code: "ERR_NET_DENIED" });
    expect(await inIsolate({ ...network, allow: ["10.0.0.0/8"] }, "http://far.example/")).toMatchObject({ code: "ERR_NET_DENIED" });
    expect(await inIsolate(network, "http://far.example/redirect-out")).toBe("hello from other.example");
    expect(proxy.seen.length).toBe(3);
  });

  test("is asked about a proxy that the script names", async () => {
    const init = { proxy: url(proxy) };
    expect(await inIsolate({}, "http://far.example/", init)).toMatchObject({
      code: "ERR_NET_DENIED",
      address: "127.0.0.1",
      proxy: `127.0.0.1:${proxy.port}`,
    });
    expect(await inIsolate({ allow: [`127.0.0.1:${proxy.port}`] }, "http://far.example/", init)).toMatchObject({ code: "ERR_NET_DENIED" });
    expect(proxy.seen).toEqual([]);
    const network = { allow: [`127.0.0.1:${proxy.port}`, "far.example"] };
    expect(await inIsolate(network, "http://far.example/", init)).toBe("hello from far.example");
  });
});

test.each([
  [{ proxy: "" }, "network.proxy must be the URL of a proxy, got ''"],
  [{ proxy: "socks5://a:b@proxy.example" }, /network\.proxy must be an http: or https: URL, .* begins with the string "socks5:"/],
  [{ proxy: { https: "https://a", tls: { ca: "x" } } }, /network\.proxy\.tls\.ca must be PEM/],
  [{ proxy: "http://" }, 'network.proxy must be the URL of a proxy, such as "http://proxy.example:8080"'],
  [{ proxy: { ftp: "http://a" } }, 'network.proxy: there is no "ftp"; allowed are http, https, bypass, tls'],
  [{ proxy: { http: "http://%ff@a" } }, "network.proxy.http: its user name or password is not percent-encoded UTF-8"],
  [{ proxy: { bypass: "a" } }, "network.proxy.bypass must be a list of hosts, got 'a'"],
])("refused: %j", async (network, message) => {
  await expect(Isolate.create({ network: network as NetworkOptions })).rejects.toThrow(message);
});

test("refused by a call", async () => {
  await expect(fetch("http://a.example/", { proxy: "socks5://127.0.0.1" })).rejects.toThrow(/'proxy' must be an http: or https: URL/);
  await expect(fetch("http://a.example/", { unix: "" })).rejects.toThrow("must be the path of a Unix socket");
});

describe("the environment", () => {
  test("which variables count", () => {
    expect(proxyOfEnvironment({})).toBeUndefined();
    expect(proxyOfEnvironment({ HTTP_PROXY: "", NO_PROXY: "a" })).toBeUndefined();
    expect(proxyOfEnvironment({ HTTP_PROXY: "a:1", http_proxy: "b:1", HTTPS_PROXY: "c:1", NO_PROXY: "x, .y  z" })).toEqual({
      http: "b:1",
      https: "c:1",
      bypass: ["x", ".y", "z"],
    });
    expect(proxyOfEnvironment({ HTTP_PROXY: "a:1", REQUEST_METHOD: "GET" })).toBeUndefined();
  });

  test("nano run", async () => {
    const folder = folderWith({ "main.mjs": "console.log(await (await fetch(CLI.args[0])).text())" });
    try {
      const run = (env: Record<string, string>, target: string) => nano(["run", join(folder.path, "main.mjs"), target], { env });
      const env = { HTTP_PROXY: url(proxy), NO_PROXY: "127.0.0.1" };
      expect((await run(env, "http://far.example/")).stdout).toBe("hello from far.example\n");
      expect((await run(env, `http://127.0.0.1:${port}/`)).stdout).toBe(`hello from 127.0.0.1:${port}\n`);
      expect(proxy.seen).toEqual(["GET http://far.example/"]);
      expect(await run({ HTTPS_PROXY: "socks5://a" }, "http://far.example/")).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("HTTPS_PROXY must be an http: or https: URL"),
      });
    } finally {
      folder.remove();
    }
  });

  test("a Node program, also after configureNetwork; a broken variable is a warning", async () => {
    const code = `
      import { fetch, configureNetwork, Isolate } from "nano-runtime";
      const text = async (init) => (await fetch("http://far.example/", init)).text().catch(String);
      console.log(await text());
      configureNetwork({ timeouts: { total: 5000 } });
      console.log(await text());
      configureNetwork({ proxy: null });
      console.log(await text().catch((error) => error.cause.phase));
      const isolate = await Isolate.create();
      console.log(await isolate.eval('fetch("http://far.example/").catch((error) => error.cause.phase)'));
      await isolate.dispose();`;
    const node = (env: Record<string, string>) =>
      promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { env: { ...process.env, ...env } });
    expect((await node({ http_proxy: url(proxy) })).stdout).toBe("hello from far.example\nhello from far.example\ndns\ndns\n");
    const broken = await node({ http_proxy: "socks4://a" }).catch((error: { stderr: string }) => error);
    expect(broken.stderr).toContain("[NANO_PROXY] Warning: environment.proxy.http must be an http: or https: URL");
  });
});

describe("Unix sockets", () => {
  test("whatever the URL's host is; kept, streamed, redirected", async () => {
    const folder = folderWith({});
    const path = join(folder.path, "server.sock");
    const server = createServer(onRequest).listen(path);
    try {
      await once(server, "listening");
      expect(await (await fetch("http://docker/containers", { unix: path })).text()).toBe("hello from docker");
      expect(await (await fetch("http://docker/echo", { method: "POST", body: "x".repeat(1 << 20), unix: path })).text()).toHaveLength(
        1 << 20,
      );
      expect((await fetch("http://docker/redirect", { unix: path })).url).toBe("http://docker/hello");
      await expect(fetch("http://docker/redirect-out", { unix: path })).rejects.toMatchObject({
        cause: { message: "the server redirects to another origin, which is not behind the option 'unix'" },
      });
      await expect(fetch("http://docker/", { unix: join(folder.path, "absent.sock") })).rejects.toMatchObject({
        cause: { code: "ENOENT", phase: "connect", unix: join(folder.path, "absent.sock") },
      });
      // Another socket is another server, whatever the origin.
      expect(await inIsolate({ allow: "*" }, "http://docker/", { unix: path })).toMatchObject({
        message: "the option 'unix' is for Node code: an isolate reaches no Unix sockets",
      });
    } finally {
      server.closeAllConnections();
      server.close();
      folder.remove();
    }
  });
});
