/** fetch() through https: proxies, against the servers of https-proxy.server.ts. */
import { type CaseArguments, cases } from "../../contract/cases.ts";
import type { HttpsProxyContext } from "./https-proxy.server.ts";
import { makePattern } from "./pattern.ts";

interface Cause extends Error {
  code?: string;
  phase?: string;
  host?: string;
  port?: number;
  proxy?: string;
  status?: number;
}

const MiB = 1 << 20;

function contextOf({ context }: CaseArguments): HttpsProxyContext {
  return context as unknown as HttpsProxyContext;
}

function via(t: CaseArguments, proxy: string, url: string, init: object = {}): Promise<Response> {
  const { ca, proxies } = contextOf(t);
  return t.globals.fetch(url, { proxy: { url: proxies[proxy]!, tls: { ca } }, tls: { ca }, ...init }) as unknown as Promise<Response>;
}

async function causeOf(promise: Promise<unknown>): Promise<Cause> {
  try {
    await promise;
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Cause };
    if (message !== "fetch failed" || cause === undefined) throw error;
    return cause;
  }
  throw new Error("did not reject");
}

/** The cause names the target by host and port, and the proxy by its URL without credentials. */
async function expectFailure(
  t: CaseArguments,
  proxy: string,
  target: string,
  phase: string,
  codes: string | string[],
  init = {},
): Promise<Cause> {
  const cause = await causeOf(via(t, proxy, target, init));
  t.assert.equal(cause.phase, phase, cause.message);
  t.assert.include([codes].flat(), cause.code, cause.message);
  const { hostname, port } = new URL(target);
  t.assert.equal(cause.host, hostname);
  t.assert.equal(cause.port, Number(port));
  t.assert.equal(cause.proxy, `https://${new URL(contextOf(t).proxies[proxy]!).host}`);
  t.assert.isTrue(cause.message.startsWith(`${hostname}:${port} by the proxy ${cause.proxy}: `), cause.message);
  return cause;
}

async function digestOf(t: CaseArguments, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await t.globals.crypto.subtle.digest("SHA-256", bytes)).join();
}

async function echoMany(t: CaseArguments, target: string): Promise<void> {
  const all = Array.from({ length: 64 }, async (_, index) => {
    const response = await via(t, "good", `${target}/echo`, { method: "POST", body: `number ${index}` });
    t.assert.equal(await response.text(), `number ${index}`);
  });
  await Promise.all(all);
}

export default cases({
  "an http: target is asked for over TLS to the proxy": async (t) => {
    const { targets } = contextOf(t);
    for (let round = 0; round < 3; round++) {
      const response = await via(t, "good", `${targets.http}/`);
      t.assert.equal(await response.text(), `HTTP/1.1 of ${new URL(targets.http).host}`);
    }
  },

  "an https: target gets TLS of its own inside TLS to the proxy": async (t) => {
    const { targets } = contextOf(t);
    for (let round = 0; round < 3; round++) {
      const response = await via(t, "good", `${targets.https}/`, { http2: false });
      t.assert.equal(await response.text(), `HTTP/1.1 of ${new URL(targets.https).host}`);
    }
  },

  "HTTP/2 with the target, on one connection": async (t) => {
    const { targets } = contextOf(t);
    const all = Array.from({ length: 64 }, () => via(t, "good", `${targets.https}/`));
    for (const response of await Promise.all(all)) t.assert.equal(await response.text(), `HTTP/2.0 of ${new URL(targets.https).host}`);
    const body = makePattern(MiB);
    const response = await via(t, "good", `${targets.https}/echo`, { http2: true, method: "POST", body });
    t.assert.equal(await digestOf(t, new Uint8Array(await response.arrayBuffer())), await digestOf(t, body));
  },

  "user and password go to the proxy; without them 407 is the answer, or the failure": async (t) => {
    const { targets } = contextOf(t);
    for (const target of [targets.http, targets.https]) t.assert.equal((await via(t, "guarded", target)).status, 200);
    t.assert.equal((await via(t, "unpaid", targets.http)).status, 407);
    const cause = await expectFailure(t, "unpaid", targets.https, "proxy", "ERR_PROXY_REFUSED");
    t.assert.equal(cause.status, 407);
  },

  "64 at once to an http: target": (t) => echoMany(t, contextOf(t).targets.http),

  "64 at once to an https: target": (t) => echoMany(t, contextOf(t).targets.https),

  "1 MiB up and down, in one piece and as a stream": async (t) => {
    const { targets } = contextOf(t);
    const body = makePattern(MiB);
    const expected = await digestOf(t, body);
    for (const target of [targets.http, targets.https]) {
      const echoed = await via(t, "good", `${target}/echo`, { method: "POST", body });
      t.assert.equal(await digestOf(t, new Uint8Array(await echoed.arrayBuffer())), expected);
      let sent = 0;
      const stream = new t.globals.ReadableStream({
        pull(controller) {
          if (sent === MiB) return controller.close();
          controller.enqueue(body.slice(sent, (sent = Math.min(sent + 70_001, MiB))));
        },
      });
      const streamed = await via(t, "good", `${target}/echo`, { method: "POST", body: stream, duplex: "half" });
      t.assert.equal(await digestOf(t, new Uint8Array(await streamed.arrayBuffer())), expected);
    }
  },

  "a proxy whose bytes come one at a time": async (t) => {
    const { targets } = contextOf(t);
    for (const target of [targets.http, targets.https]) t.assert.equal((await via(t, "trickle", target)).status, 200);
  },

  "certificates of the proxy that are refused": async (t) => {
    const { targets, ca, proxies } = contextOf(t);
    const unknown = ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"];
    for (const target of [targets.http, targets.https]) {
      await expectFailure(t, "expired", target, "proxy-tls", "CERT_HAS_EXPIRED");
      await expectFailure(t, "strange", target, "proxy-tls", unknown);
      const cause = await expectFailure(t, "other", target, "proxy-tls", "ERR_TLS_CERT_ALTNAME_INVALID");
      t.assert.isTrue(cause.message.includes(": the proxy's certificate is for other host names (proxy-tls, "), cause.message);
      // The target's tls.ca is not the proxy's.
      await expectFailure(t, "good", target, "proxy-tls", unknown, { proxy: proxies.good, tls: { ca } });
    }
  },

  "a certificate of the target that is refused, behind a good proxy": async (t) => {
    const { targets, ca, proxies } = contextOf(t);
    await expectFailure(t, "good", targets.wrong, "tls", "ERR_TLS_CERT_ALTNAME_INVALID");
    // The proxy's tls.ca is not the target's.
    const unknown = ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"];
    await expectFailure(t, "good", targets.https, "tls", unknown, { proxy: { url: proxies.good, tls: { ca } }, tls: undefined });
  },

  "the proxy gets its own client certificate, not the one for the target": async (t) => {
    const { ca, client, proxies, targets } = contextOf(t);
    for (const target of [targets.http, targets.https]) {
      const proxy = { url: proxies.clients!, tls: { ca, ...client } };
      t.assert.equal((await via(t, "clients", target, { proxy })).status, 200);
      await expectFailure(t, "clients", target, "proxy-tls", "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", { tls: { ca, ...client } });
    }
  },

  "a proxy that fails: the phase, and whose it is": async (t) => {
    const { targets } = contextOf(t);
    for (const target of [targets.http, targets.https]) {
      await expectFailure(t, "closes", target, "proxy-tls", "ECONNRESET");
      await expectFailure(t, "plain", target, "proxy-tls", "ERR_SSL_WRONG_VERSION_NUMBER");
      const began = Date.now();
      await expectFailure(t, "silent", target, "proxy-tls", "ETIMEDOUT", { timeouts: { connect: 50 } });
      await expectFailure(t, "silent", target, "connect", "ERR_HTTP_TOTAL_TIMEOUT", { timeouts: { total: 50 } });
      // The default is 10 s.
      t.assert.isTrue(Date.now() - began < 9000);
    }
    await expectFailure(t, "leaves", targets.https, "proxy", "ECONNRESET");
    await expectFailure(t, "early", targets.https, "proxy", "ERR_PROXY_INVALID_RESPONSE");
    // A second: enough to reach the phase on a busy machine.
    await Promise.all([
      expectFailure(t, "mute", targets.https, "proxy", "ETIMEDOUT", { timeouts: { connect: 1000 } }),
      expectFailure(t, "mute", targets.http, "headers", "ERR_HTTP_HEADERS_TIMEOUT", { timeouts: { headers: 1000 } }),
      expectFailure(t, "stuck", targets.https, "tls", "ETIMEDOUT", { timeouts: { connect: 1000 } }),
      expectFailure(t, "good", `${targets.https}/never`, "headers", "ERR_HTTP_TOTAL_TIMEOUT", { timeouts: { total: 1000 } }),
    ]);
    const refused = await expectFailure(t, "good", targets.dead, "proxy", "ERR_PROXY_REFUSED");
    t.assert.equal(refused.status, 502);
  },

  "an abort in each phase": async (t) => {
    const { targets } = contextOf(t);
    const phases: [proxy: string, url: string][] = [
      ["silent", targets.http],
      ["silent", targets.https],
      ["mute", targets.http],
      ["mute", targets.https],
      ["stuck", targets.https],
      ["good", `${targets.http}/never`],
      ["good", `${targets.https}/never`],
      ["good", `${targets.https}/stall`],
    ];
    for (const [proxy, url] of phases) {
      const signal = t.globals.AbortSignal.timeout(100);
      let error: unknown;
      try {
        await (await via(t, proxy, url, { signal })).text();
      } catch (reason) {
        error = reason;
      }
      t.assert.equal((error as Error | undefined)?.name, "TimeoutError", `${proxy} ${url}`);
    }
  },

  "a Request keeps its proxy with the options": async (t) => {
    const { ca, proxies, targets } = contextOf(t);
    const request = new t.globals.Request(targets.https, { proxy: { url: proxies.good!, tls: { ca } }, tls: { ca } });
    t.assert.equal((await t.globals.fetch(new t.globals.Request(request))).status, 200);
  },

  "options that are refused": async (t) => {
    const { targets, proxies } = contextOf(t);
    const messageOf = async (proxy: unknown): Promise<string> => {
      try {
        await t.globals.fetch(targets.http, { proxy: proxy as string });
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    t.assert.match(
      await messageOf("socks5://localhost"),
      /'proxy' must be an http: or https: URL, got one that begins with the string "socks5:"/,
    );
    t.assert.match(await messageOf({ url: proxies.good, tls: { ca: "no PEM" } }), /'proxy', its member 'tls', its member 'ca' must be PEM/);
    t.assert.match(
      await messageOf({ url: proxies.good, tls: { cert: contextOf(t).ca } }),
      /'tls': the members cert and key need each other/,
    );
    const broken = "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n";
    const cause = await causeOf(t.globals.fetch(targets.http, { proxy: { url: proxies.good!, tls: { ca: broken } } }));
    t.assert.equal(cause.code, "ERR_TLS_INVALID_OPTION");
    t.assert.equal(cause.phase, "proxy-tls");
  },
});
