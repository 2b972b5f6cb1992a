/** fetch() of https: URLs, against the servers of https.server.ts. */
import { type CaseArguments, cases } from "../../contract/cases.ts";
import type { HttpsContext } from "./https.server.ts";
import { isPattern, makePattern } from "./pattern.ts";

const large_bytes = 8 * 1024 * 1024;

interface About {
  protocol: string;
  alpn: string | false;
  servername: string | false;
  isReused: boolean;
  client: string | null;
  port: number;
  authorization: string | null;
}

interface Failure extends Error {
  cause?: Error & { code?: string; phase?: string; host?: string; port?: number };
}

function contextOf({ context }: CaseArguments): HttpsContext {
  return context as unknown as HttpsContext;
}

function get(t: CaseArguments, server: string, path = "/", init: object = {}) {
  const { urls, ca } = contextOf(t);
  return t.globals.fetch(urls[server] + path, { tls: { ca }, ...init });
}

async function about(t: CaseArguments, server: string, path = "/about", init: object = {}): Promise<About> {
  return (await (await get(t, server, path, init)).json()) as About;
}

async function causeOf(promise: Promise<unknown>): Promise<NonNullable<Failure["cause"]>> {
  try {
    await promise;
  } catch (error) {
    const { message, cause } = error as Failure;
    if (message !== "fetch failed" || cause === undefined) throw error;
    return cause;
  }
  throw new Error("did not reject");
}

async function expectFailure(t: CaseArguments, promise: Promise<unknown>, codes: string | string[]): Promise<void> {
  const cause = await causeOf(promise);
  t.assert.include([codes].flat(), cause.code, cause.message);
  t.assert.equal(cause.phase, "tls", cause.message);
  t.assert.equal(cause.host, "localhost");
  t.assert.isTrue(cause.message.includes("localhost:"), cause.message);
}

export default cases({
  "a server with a certificate of a trusted authority": async (t) => {
    const response = await get(t, "good", "/about");
    t.assert.equal(response.url, `${contextOf(t).urls.good}/about`);
    const answer = (await response.json()) as About;
    t.assert.equal(answer.protocol, "TLSv1.3");
    t.assert.equal(answer.alpn, "http/1.1");
    t.assert.equal(answer.servername, "localhost");
    t.assert.isNull(answer.client);
  },

  "without tls.ca Node's own authorities are trusted, so not this one": async (t) => {
    const { urls } = contextOf(t);
    const codes = ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"];
    await expectFailure(t, t.globals.fetch(`${urls.good}/`), codes);
    await expectFailure(t, t.globals.fetch(`${urls.selfSigned}/`), "DEPTH_ZERO_SELF_SIGNED_CERT");
  },

  "certificates that are refused": async (t) => {
    await expectFailure(t, get(t, "expired"), "CERT_HAS_EXPIRED");
    await expectFailure(t, get(t, "early"), "CERT_NOT_YET_VALID");
    await expectFailure(t, get(t, "strange"), ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"]);
    await expectFailure(t, get(t, "selfSigned"), "DEPTH_ZERO_SELF_SIGNED_CERT");
    // Neither its common name nor a wildcard for something else counts.
    await expectFailure(t, get(t, "other"), "ERR_TLS_CERT_ALTNAME_INVALID");
  },

  "addresses in the certificate, and others": async (t) => {
    const { urls, ca } = contextOf(t);
    for (const host of ["127.0.0.1", "[::1]"]) {
      const answer = (await (await t.globals.fetch(`${urls.good!.replace("localhost", host)}/about`, { tls: { ca } })).json()) as About;
      t.assert.isFalse(answer.servername, "an address is not sent as a server name");
    }
    const cause = await causeOf(t.globals.fetch(`${urls.good!.replace("localhost", "127.0.0.2")}/`, { tls: { ca } }));
    t.assert.equal(cause.code, "ERR_TLS_CERT_ALTNAME_INVALID");
  },

  "the server name selects the certificate": async (t) => {
    t.assert.equal((await about(t, "sni")).servername, "localhost");
    const { urls, ca } = contextOf(t);
    const cause = await causeOf(t.globals.fetch(`${urls.sni!.replace("localhost", "127.0.0.1")}/`, { tls: { ca } }));
    t.assert.equal(cause.code, "ERR_TLS_CERT_ALTNAME_INVALID");
  },

  "TLS 1.2 and 1.3, and nothing older": async (t) => {
    t.assert.equal((await about(t, "tls12")).protocol, "TLSv1.2");
    t.assert.equal((await about(t, "tls13")).protocol, "TLSv1.3");
    await expectFailure(t, get(t, "tls11"), ["ERR_SSL_UNSUPPORTED_PROTOCOL", "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"]);
    await expectFailure(t, get(t, "h2only", "/", { http2: false }), "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
  },

  "connections are kept, and new ones resume the session": async (t) => {
    for (const server of ["tls12", "tls13"]) {
      await about(t, server);
      const first = await about(t, server);
      const kept = await about(t, server);
      t.assert.equal(kept.port, first.port);
      await about(t, server, "/about?close");
      const fresh = await about(t, server);
      t.assert.notEqual(fresh.port, first.port);
      t.assert.isTrue(fresh.isReused, server);
    }
  },

  "large bodies both ways": async (t) => {
    t.assert.isTrue(isPattern(await (await get(t, "good", "/large")).bytes(), large_bytes));
    t.assert.isTrue(isPattern(await (await get(t, "good", "/chunked")).bytes(), large_bytes));
    const response = await get(t, "good", "/upload", { method: "POST", body: makePattern(large_bytes) });
    t.assert.equal(await response.text(), "true");
  },

  "a body's end must be told: close_notify": async (t) => {
    t.assert.equal(await (await get(t, "clean", "/until-close")).text(), "until close");
    for (const path of ["/until-close", "/length", "/chunk"]) {
      const response = await get(t, "cut", path);
      t.assert.equal((await causeOf(response.text())).code, "ERR_HTTP_BODY_TRUNCATED", path);
    }
    for (const path of ["/length", "/chunk"]) {
      const response = await get(t, "clean", path);
      t.assert.equal((await causeOf(response.text())).code, "ERR_HTTP_BODY_TRUNCATED", path);
    }
    for (const server of ["clean", "cut"]) t.assert.equal((await causeOf(get(t, server, "/nothing"))).code, "ECONNRESET");
  },

  "servers that do not speak TLS": async (t) => {
    await expectFailure(t, get(t, "plain"), "ERR_SSL_WRONG_VERSION_NUMBER");
    t.assert.include((await causeOf(get(t, "plain"))).message, "plain HTTP");
    await expectFailure(t, get(t, "garbage"), [
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "ERR_SSL_PACKET_LENGTH_TOO_LONG",
      "ERR_SSL_BAD_RECORD_TYPE",
    ]);
    await expectFailure(t, get(t, "closes"), "ECONNRESET");
    const { urls } = contextOf(t);
    t.assert.isDefined((await causeOf(t.globals.fetch(urls.good!.replace("https", "http")))).code);
  },

  "an abort during the handshake": async (t) => {
    const { AbortController, setTimeout } = t.globals;
    for (const ms of [0, 1, 20]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort("enough"), ms);
      let reason: unknown;
      await get(t, "silent", "/", { signal: controller.signal }).catch((error) => {
        reason = error;
      });
      t.assert.equal(reason, "enough");
    }
  },

  "client certificates": async (t) => {
    const { ca, client, strangeClient } = contextOf(t);
    t.assert.equal((await about(t, "clients", "/about", { tls: { ca, ...client } })).client, "client");
    const none = await causeOf(get(t, "clients"));
    t.assert.include(["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "ECONNRESET"], none.code, none.message);
    const strange = await causeOf(get(t, "clients", "/", { tls: { ca, ...strangeClient } }));
    t.assert.include(["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "ECONNRESET"], strange.code, strange.message);
    // The connection of the one who showed a certificate is not for others.
    await causeOf(get(t, "clients"));
  },

  "options that are refused": async (t) => {
    const { ca, client, strangeClient, urls } = contextOf(t);
    const { fetch } = t.globals;
    const bad: [object, RegExp][] = [
      [{ ca: "x" }, /ca.*PEM/],
      [{ ca: 1 }, /PEM/],
      [{ cert: client.cert }, /need each other/],
      [{ key: client.key }, /need each other/],
    ];
    for (const [tls, message] of bad) {
      const error = (await fetch(`${urls.good}/`, { tls }).catch((reason: unknown) => reason)) as Error;
      t.assert.instanceOf(error, TypeError);
      t.assert.match(error.message, message);
    }
    const begin = "-----BEGIN CERTIFICATE-----\n";
    t.assert.equal(
      (await causeOf(get(t, "good", "/", { tls: { ca: `${begin}AAAA\n-----END CERTIFICATE-----\n` } }))).code,
      "ERR_TLS_INVALID_OPTION",
    );
    const mixed = await causeOf(get(t, "good", "/", { tls: { ca, cert: client.cert, key: strangeClient.key } }));
    t.assert.equal(mixed.code, "ERR_TLS_INVALID_OPTION");
  },

  "ca as bytes and as a list": async (t) => {
    const { ca } = contextOf(t);
    const { TextEncoder } = t.globals;
    for (const each of [new TextEncoder().encode(ca), [ca], [new TextEncoder().encode(ca).buffer, ca]]) {
      t.assert.equal(await (await get(t, "good", "/", { tls: { ca: each } })).text(), "hello");
    }
  },

  "redirects between http and https": async (t) => {
    const { urls, ca, client } = contextOf(t);
    const to = (url: string, next: string) => `${url}/redirect?to=${encodeURIComponent(next)}`;
    const headers = { Authorization: "secret" };
    const up = await t.globals.fetch(to(urls.http!, `${urls.good}/about`), { tls: { ca }, headers });
    t.assert.isTrue(up.redirected);
    t.assert.equal(up.url, `${urls.good}/about`);
    const answer = (await up.json()) as About;
    t.assert.equal(answer.protocol, "TLSv1.3");
    t.assert.isNull(answer.authorization);
    const down = await t.globals.fetch(to(urls.good!, `${urls.http}/about`), { tls: { ca } });
    t.assert.equal(((await down.json()) as About).protocol, "none");
    // The client's certificate stays with its origin.
    const away = await causeOf(t.globals.fetch(to(urls.good!, `${urls.clients}/about`), { tls: { ca, ...client } }));
    t.assert.include(["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "ECONNRESET"], away.code);
    const same = await t.globals.fetch(to(urls.clients!, "/about"), { tls: { ca, ...client } });
    t.assert.equal(((await same.json()) as About).client, "client");
  },

  "200 at a time": async (t) => {
    const all = Array.from({ length: 200 }, async (_, index) => {
      const response = await get(t, index % 2 === 0 ? "tls13" : "tls12", "/slow");
      return response.text();
    });
    t.assert.deepEqual(new Set(await Promise.all(all)), new Set(["slow"]));
  },
});
