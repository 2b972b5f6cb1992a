/** The option `network`: where an isolate may connect to, for how long, whom it trusts. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configureNetwork, fetch, Isolate, type NetworkOptions } from "../../src-ts/index.ts";
import { start } from "../web/fetch/https.server.ts";

let server: Server;
let port: number;
let requests = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    const { pathname, searchParams } = new URL(request.url!, "http://server/");
    if (pathname === "/redirect") response.writeHead(302, { Location: searchParams.get("to")! }).end();
    else if (pathname === "/round") setTimeout(() => response.writeHead(302, { Location: "/round" }).end(), 60);
    else if (pathname === "/silent") return;
    else if (pathname === "/stall") response.write("some");
    else if (pathname === "/trickle") trickle(response);
    else if (pathname === "/slow") setTimeout(() => response.end("late"), 150);
    else response.end("hello");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function trickle(response: import("node:http").ServerResponse): void {
  const timer = setInterval(() => response.write("x"), 20);
  response.on("close", () => clearInterval(timer));
}

interface Cause {
  code?: string;
  phase?: string;
  host?: string;
  port?: number;
  address?: string;
  rule?: string;
  message?: string;
}

/** What a fetch in an isolate with this option comes to: the body's text, or the failure's cause. */
async function outcome(network: NetworkOptions | undefined, url: string, init = ""): Promise<string | Cause> {
  const isolate = await Isolate.create(network === undefined ? {} : { network });
  try {
    const code = `fetch(${JSON.stringify(url)}${init === "" ? "" : `, ${init}`}).then((response) => response.text()).catch((error) => {
      const { cause } = error;
      if (error.name !== "TypeError" || !/^fetch failed|^terminated/.test(error.message)) throw error;
      return { message: cause.message, ...cause };
    })`;
    return (await isolate.eval(code)) as string | Cause;
  } finally {
    await isolate.dispose();
  }
}

const denied = (host: string, address: string | undefined, rule: string): unknown =>
  expect.objectContaining({
    code: "ERR_NET_DENIED",
    phase: "connect",
    host,
    port: expect.any(Number),
    rule,
    ...(address === undefined ? {} : { address }),
  });

describe("the policy", () => {
  test("an isolate reaches nothing near by default, by whatever name", async () => {
    const before = requests;
    const hosts: Record<string, string | undefined> = {
      "127.0.0.1": "127.0.0.1",
      localhost: undefined,
      "[::1]": "::1",
      "[::ffff:127.0.0.1]": "127.0.0.1",
      "0.0.0.0": "0.0.0.0",
      "10.1.2.3": "10.1.2.3",
      "192.168.0.1": "192.168.0.1",
      "169.254.169.254": "169.254.169.254",
      "[fe80::1]": "fe80::1",
      "[fd00:ec2::254]": "fd00:ec2::254",
      "2130706433": undefined,
    };
    for (const [host, address] of Object.entries(hosts)) {
      const url = new URL(`http://${host}:${port}/`);
      expect(await outcome(undefined, url.href), host).toEqual(denied(url.hostname, address, "allow @public"));
    }
    expect(requests).toBe(before);
  });

  test("a message says what was refused and what is allowed", async () => {
    const cause = (await outcome(undefined, `http://127.0.0.1:${port}/`)) as Cause;
    expect(cause.message).toBe(
      `127.0.0.1:${port}: the network policy does not allow it [loopback]; allowed: @public (connect, ERR_NET_DENIED)`,
    );
    const byRule = (await outcome({ allow: "*", deny: ["127.0.0.0/8"] }, `http://127.0.0.1:${port}/`)) as Cause;
    expect(byRule.message).toBe(
      `127.0.0.1:${port}: the network policy denies it [loopback] by the rule 127.0.0.0/8 (connect, ERR_NET_DENIED)`,
    );
  });

  test("allow rules", async () => {
    const url = `http://127.0.0.1:${port}/`;
    const byName = `http://localhost:${port}/`;
    for (const rule of [
      "*",
      "127.0.0.1",
      "127.0.0.0/8",
      "@loopback",
      `127.0.0.1:${port}`,
      `@any:${port}`,
      `:${port}`,
      "::ffff:127.0.0.1",
    ]) {
      expect(await outcome({ allow: [rule] }, url), rule).toBe("hello");
    }
    for (const rule of ["localhost", `localhost:${port}`, "LOCALHOST.", "localhost@127.0.0.1", "*"]) {
      expect(await outcome({ allow: [rule] }, byName), rule).toBe("hello");
    }
    for (const rule of ["localhost", "example.com", "10.0.0.0/8", "127.0.0.1:1", "::/0", "@private", "@public", "@metadata"]) {
      expect(await outcome({ allow: [rule] }, url), rule).toMatchObject({ code: "ERR_NET_DENIED" });
    }
    // A name is not looked up when no rule could allow it.
    expect(await outcome({ allow: ["example.com"] }, byName)).toEqual(denied("localhost", undefined, "allow example.com"));
    expect(await outcome({ allow: [] }, byName)).toEqual(denied("localhost", undefined, "allow nothing"));
  });

  test("deny rules win", async () => {
    expect(await outcome({ allow: "*", deny: ["10.0.0.0/8"] }, `http://127.0.0.1:${port}/`)).toBe("hello");
    for (const rule of ["127.0.0.1", "@loopback", `:${port}`, "*"]) {
      expect(await outcome({ allow: "*", deny: [rule] }, `http://127.0.0.1:${port}/`), rule).toEqual(
        denied("127.0.0.1", "127.0.0.1", `deny ${rule}`),
      );
    }
    expect(await outcome({ allow: "*", deny: ["localhost"] }, `http://localhost.:${port}/`)).toEqual(
      denied("localhost.", undefined, "deny localhost"),
    );
  });

  test("a redirect does not pass it", async () => {
    const url = `http://127.0.0.1:${port}/redirect?to=`;
    const network = { allow: [`127.0.0.1:${port}`] };
    expect(await outcome(network, url + encodeURIComponent(`http://127.0.0.1:${port}/`))).toBe("hello");
    const target = `http://localhost:${port}/`;
    expect(await outcome({ ...network, deny: ["localhost"] }, url + encodeURIComponent(target))).toEqual(
      denied("localhost", undefined, "deny localhost"),
    );
    expect(await outcome(network, url + encodeURIComponent("http://169.254.169.254/latest/meta-data/"))).toEqual(
      denied("169.254.169.254", "169.254.169.254", `allow 127.0.0.1:${port}`),
    );
  });

  test.each([
    [{ allow: "public" }, "network.allow must be \"*\" or a list of rules, got 'public'"],
    [
      { allow: ["http://a.example"] },
      'network.allow: ports are a number from 0 to 65535 or a range of them, as in ":443" or ":8000-8999", got "http://a.example"',
    ],
    [{ allow: ["10.0.0.1/8"] }, 'network.allow: the address of a CIDR range has bits set that its length does not cover, got "10.0.0.1/8"'],
    [{ deny: ["@nowhere"] }, /^network\.deny: a range is an address, CIDR as in "10\.0\.0\.0\/8", or one of any, .*, got "@nowhere"$/],
    [{ deny: ["bücher.example"] }, 'network.deny: a name stands in its ASCII form (xn--…), got "bücher.example"'],
    [{ deny: [1] }, "network.deny must be a list of rules, got [ 1 ]"],
    [{ permit: [] }, 'network: there is no "permit"; allowed are allow, deny, timeouts, tls, proxy, http2, dns'],
    [{ timeouts: { connect: -1 } }, "network.timeouts.connect must be a whole number of milliseconds from 0 to 2147483647, got -1"],
    [{ timeouts: { idle: 1 } }, 'network.timeouts: there is no "idle"; allowed are connect, headers, body, total'],
    [{ tls: { ca: "x" } }, "network.tls.ca must be PEM (\"-----BEGIN …\"), as text or bytes, got 'x'"],
    [{ tls: { cert: "-----BEGIN CERTIFICATE-----" } }, "network.tls: cert and key need each other"],
    [{ dns: { ttl: 0.5 } }, "network.dns.ttl must be a whole number of milliseconds from 0 to 2147483647, got 0.5"],
  ])("refused: %j", async (network, message) => {
    await expect(Isolate.create({ network: network as NetworkOptions })).rejects.toThrow(message);
  });
});

describe("timeouts", () => {
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
  const allow = ["@loopback"];

  test("headers, body and total, of the isolate and of a call", async () => {
    const cases: [NetworkOptions["timeouts"], string, string, Cause][] = [
      [{ headers: 50 }, "/silent", "", { code: "ERR_HTTP_HEADERS_TIMEOUT", phase: "headers" }],
      [{}, "/silent", "{ timeouts: { headers: 50 } }", { code: "ERR_HTTP_HEADERS_TIMEOUT", phase: "headers" }],
      [{ headers: 20_000 }, "/silent", "{ timeouts: { headers: 50 } }", { code: "ERR_HTTP_HEADERS_TIMEOUT", phase: "headers" }],
      [{ body: 50 }, "/stall", "", { code: "ERR_HTTP_BODY_TIMEOUT", phase: "body", host: "127.0.0.1", port }],
      [{ total: 1000 }, "/silent", "", { code: "ERR_HTTP_TOTAL_TIMEOUT", phase: "headers" }],
      // Each redirect comes in time, all of them do not.
      [{ total: 250 }, "/round", "", { code: "ERR_HTTP_TOTAL_TIMEOUT" }],
      [{}, "/round", "{ timeouts: { total: 250, connect: 9000 }, http2: false }", { code: "ERR_HTTP_TOTAL_TIMEOUT" }],
      // Each piece comes in time, all of them do not.
      [{ body: 5_000 }, "/trickle", "{ timeouts: { total: 1000 } }", { code: "ERR_HTTP_TOTAL_TIMEOUT", phase: "body" }],
    ];
    for (const [timeouts, path, init, cause] of cases) {
      expect(await outcome({ allow, timeouts: timeouts! }, url(path), init), `${path} ${init}`).toMatchObject(cause);
    }
  });

  test("a call's own wins, also when it is longer or none", async () => {
    expect(await outcome({ allow, timeouts: { headers: 30, total: 30 } }, url("/slow"), "{ timeouts: { headers: 0, total: 0 } }")).toBe(
      "late",
    );
    expect(await outcome({ allow, timeouts: { headers: 30 } }, url("/slow"), "{ timeouts: { headers: 10_000 } }")).toBe("late");
  });

  test("a call's options are checked, and go along with a Request", async () => {
    const isolate = await Isolate.create({ network: { allow } });
    const message = (code: string): Promise<unknown> =>
      isolate.eval(`(async () => { try { await ${code} } catch (error) { return error.message } })()`);
    expect(await message(`fetch(${JSON.stringify(url("/"))}, { timeouts: { connect: "1" } })`)).toBe(
      "fetch: argument 2, its member 'timeouts', its member 'connect' must be a whole number of milliseconds from 0 (none) to 2147483647, got the string \"1\"",
    );
    const request = `new Request(new Request(${JSON.stringify(url("/silent"))}, { timeouts: { headers: 50 } }).clone())`;
    expect(await isolate.eval(`fetch(${request}).catch((error) => error.cause.code)`)).toBe("ERR_HTTP_HEADERS_TIMEOUT");
    await isolate.dispose();
  });

  test("total covers the wait for a connection, and leaves connections usable", async () => {
    const isolate = await Isolate.create({ network: { allow } });
    const code = `Promise.all(Array.from({ length: 300 }, () =>
      fetch(${JSON.stringify(url("/silent"))}, { timeouts: { total: 100 } }).catch(({ cause }) => cause.code)))
      .then((codes) => [...new Set(codes)].join())`;
    expect(await isolate.eval(code)).toBe("ERR_HTTP_TOTAL_TIMEOUT");
    expect(await isolate.eval(`fetch(${JSON.stringify(url("/"))}).then((response) => response.text())`)).toBe("hello");
    expect((await isolate.stats()).handles).toBe(0);
    await isolate.dispose();
  });
});

test("tls of the isolate: whom it trusts, and the client's certificate", async () => {
  const servers = await start();
  const { urls, ca, client } = servers.context as { urls: Record<string, string>; ca: string; client: { cert: string; key: string } };
  try {
    expect(await outcome({ allow: ["@loopback"] }, urls.good!)).toMatchObject({ phase: "tls" });
    expect(typeof (await outcome({ allow: ["@loopback"], tls: { ca } }, urls.good!))).toBe("string");
    expect(typeof (await outcome({ allow: ["@loopback"], tls: { ca: [Buffer.from(ca)] } }, urls.good!))).toBe("string");
    // A server that wants to see a certificate.
    expect(await outcome({ allow: ["@loopback"], tls: { ca } }, urls.clients!)).toMatchObject({ phase: expect.any(String) });
    expect(await outcome({ allow: ["@loopback"], tls: { ca, ...client } }, urls.clients!)).toBe("hello");
    // Member by member: the call's authority, the isolate's certificate.
    expect(await outcome({ allow: ["@loopback"], tls: client }, urls.clients!, `{ tls: ${JSON.stringify({ ca })} }`)).toBe("hello");
  } finally {
    await servers.close();
  }
});

describe("configureNetwork: Node's own realm", () => {
  afterEach(() => configureNetwork({}));

  test("everything is allowed until it says otherwise, and its timeouts hold", async () => {
    const url = `http://127.0.0.1:${port}/`;
    expect(await (await fetch(url)).text()).toBe("hello");
    configureNetwork({ allow: ["@public"] });
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: "ERR_NET_DENIED", rule: "allow @public" } });
    configureNetwork({ timeouts: { headers: 40 } });
    await expect(fetch(`${url}silent`)).rejects.toMatchObject({ cause: { code: "ERR_HTTP_HEADERS_TIMEOUT" } });
    configureNetwork({});
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(() => configureNetwork({ deny: ["a b"] })).toThrow("configureNetwork: options.deny: a host is a name");
  });
});
