/**
 * The option `network`: where a realm may connect to, and how long that may take. The core reads the rules
 * (native/zig/net/Policy.zig) and says what is wrong with one.
 */
import { type FetchTimeouts, timeout_max, timeout_names } from "../web/fetch/call-options.ts";
import { type ProxyServer, proxyServer } from "../web/fetch/proxy-options.ts";
import type { Pem, TlsTexts } from "../web/fetch/tls-options.ts";
import { addon } from "./addon.ts";
import { InvalidOptionError } from "./errors.ts";
import { checkObject, show } from "./options.ts";
import { proxyOfEnvironment } from "./proxy-environment.ts";

export interface NetworkOptions {
  /**
   * What may be connected to; "*" for everything. Default for isolates `["@public"]`: every address of the Internet,
   * none that is private, loopback, link-local, reserved or a cloud's metadata service.
   *
   * A rule is `[host][@range][:ports]`. Host: "example.com", or "*.example.com" for the names below it. Range, of the
   * address that the name resolves to: CIDR ("10.0.0.0/8", "[fd00::]/8"), an address, or one of public, loopback,
   * private, link-local, metadata, reserved, any; a host without one is allowed at public addresses only (localhost: at
   * loopback addresses). Ports: "443" or "8000-8999". An address or CIDR range alone stands for `@range`, "*" for "@any".
   * Examples: "api.example.com:443", "10.1.0.0/16", "db.internal@private:5432", "localhost:8080".
   */
  allow?: "*" | readonly string[];
  /** What must not be connected to, whatever `allow` says. Rules as in `allow`; a host without a range: anywhere. Default none. */
  deny?: readonly string[];
  /** Defaults for fetches that do not set their own, in milliseconds; 0 is none. */
  timeouts?: FetchTimeouts;
  /** For https: URLs, where the call does not set its own: whom to trust, and the client's certificate. PEM. */
  tls?: NetworkTls;
  /**
   * The HTTP proxy: "http://[user:password@]host:port", or "https://…" for TLS with the proxy itself; or one for each scheme
   * of the targets; null for none. Through it https: goes in a tunnel. It may be anywhere: the policy is asked about the targets, of which a name that the proxy
   * looks up counts as public. Default none in isolates; in Node's own realm, and for `nano run`, what HTTP_PROXY,
   * HTTPS_PROXY and NO_PROXY say.
   */
  proxy?: string | NetworkProxy | null;
  /**
   * Offers HTTP/2 to https: servers, where a call does not say otherwise: then requests to one of them share a connection.
   * A server that does not choose it gets HTTP/1.1. Default true.
   */
  http2?: boolean;
  dns?: {
    /** Milliseconds for which an answer of the name look-up is used again; 0: asks every time. Default 5000. */
    ttl?: number;
  };
}

export interface NetworkTls {
  /** The certificates that are trusted, and only these. Default: Node's own, with NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and SSL_CERT_DIR. */
  ca?: Pem | readonly Pem[];
  /** The client's own certificate, and those between it and its root; sent to every server that asks for one. */
  cert?: Pem;
  /** The private key of `cert`, not encrypted. */
  key?: Pem;
}

export interface NetworkProxy {
  /** For http: URLs. */
  http?: string;
  /** For https: URLs; may be an http: URL too. */
  https?: string;
  /** For TLS with https: proxies. NetworkOptions.tls does not count for them: it is about the targets. */
  tls?: NetworkTls;
  /** Hosts that are connected to directly: names (and those below them), addresses, CIDR ranges, each with ":port" or not; "*". */
  bypass?: readonly string[];
}

const option_names = ["allow", "deny", "timeouts", "tls", "proxy", "http2", "dns"];

/**
 * As the core takes it: JSON (native/zig/ops/network.zig).
 * @throws InvalidOptionError that names what was given and what is allowed
 */
export function networkSettings(options: unknown, what: string): string {
  checkObject(options, what, option_names);
  const { allow, deny, timeouts, tls, proxy, http2, dns } = options as NetworkOptions;
  const settings: Record<string, unknown> = {};
  if (allow !== undefined) settings.allow = allow === "*" ? ["*"] : ruleList(allow, `${what}.allow`, `"*" or a list of rules`);
  if (deny !== undefined) settings.deny = ruleList(deny, `${what}.deny`, "a list of rules");
  if (timeouts !== undefined) {
    checkObject(timeouts, `${what}.timeouts`, timeout_names);
    for (const name of timeout_names) checkMilliseconds(timeouts[name], `${what}.timeouts.${name}`);
    settings.timeouts = timeouts;
  }
  if (tls !== undefined) settings.tls = checkTls(tls, `${what}.tls`);
  if (proxy !== undefined && proxy !== null) settings.proxy = checkProxy(proxy, `${what}.proxy`);
  if (http2 !== undefined) {
    if (typeof http2 !== "boolean") throw new InvalidOptionError(`${what}.http2 must be a boolean, got ${show(http2)}`);
    settings.http2 = http2;
  }
  if (dns !== undefined) {
    checkObject(dns, `${what}.dns`, ["ttl"]);
    checkMilliseconds(dns.ttl, `${what}.dns.ttl`);
    settings.dnsTtl = dns.ttl;
  }
  const text = JSON.stringify(settings);
  const problem = addon.ops.network_check(text);
  if (problem !== null) throw new InvalidOptionError(`${what}.${problem}`);
  return text;
}

/**
 * Where fetch of this Node program may connect to, and how long that may take; for fetches that begin later. What is
 * left out gets its default; without `allow`, everything is allowed. Isolates have their own option `network`.
 * @throws InvalidOptionError
 */
export function configureNetwork(options: NetworkOptions): void {
  // Says what is wrong with what was given before the environment is looked at.
  const settings = networkSettings(options, "configureNetwork: options");
  addon.ops.network_configure(options.proxy === undefined ? withProxyOfEnvironment(options) : settings);
}

/** A broken variable does not keep a program from starting that may never fetch. */
function withProxyOfEnvironment(options: NetworkOptions): string {
  const proxy = proxyOfEnvironment(process.env);
  try {
    return networkSettings({ ...options, ...(proxy === undefined ? {} : { proxy }) }, "environment");
  } catch (error) {
    process.emitWarning(`${(error as Error).message}; nano-runtime connects without a proxy`, { code: "NANO_PROXY" });
    return networkSettings(options, "options");
  }
}

if (proxyOfEnvironment(process.env) !== undefined) addon.ops.network_configure(withProxyOfEnvironment({}));

function checkProxy(proxy: string | NetworkProxy, what: string): { http?: ProxyServer; https?: ProxyServer; bypass?: string } {
  if (typeof proxy === "string") {
    const server = proxyOf(proxy, what);
    return { http: server, https: server };
  }
  checkObject(proxy, what, ["http", "https", "bypass", "tls"]);
  const { http, https, bypass } = proxy;
  const tls = proxy.tls === undefined ? {} : checkTls(proxy.tls, `${what}.tls`);
  return {
    ...(http === undefined ? {} : { http: proxyOf(http, `${what}.http`, tls) }),
    ...(https === undefined ? {} : { https: proxyOf(https, `${what}.https`, tls) }),
    ...(bypass === undefined ? {} : { bypass: ruleList(bypass, `${what}.bypass`, "a list of hosts").join() }),
  };
}

function proxyOf(url: unknown, what: string, tls: TlsTexts = {}): ProxyServer {
  if (typeof url !== "string" || url === "") throw new InvalidOptionError(`${what} must be the URL of a proxy, got ${show(url)}`);
  try {
    return proxyServer(url, what, tls);
  } catch (error) {
    throw new InvalidOptionError((error as Error).message);
  }
}

function ruleList(rules: unknown, what: string, allowed: string): readonly string[] {
  if (Array.isArray(rules) && rules.every((rule) => typeof rule === "string")) return rules;
  throw new InvalidOptionError(`${what} must be ${allowed}, got ${show(rules)}`);
}

function checkMilliseconds(value: unknown, what: string): void {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= timeout_max)) return;
  throw new InvalidOptionError(`${what} must be a whole number of milliseconds from 0 to ${timeout_max}, got ${show(value)}`);
}

function checkTls(tls: NetworkTls, what: string): TlsTexts {
  checkObject(tls, what, ["ca", "cert", "key"]);
  const { ca, cert, key } = tls;
  if ((cert === undefined) !== (key === undefined)) throw new InvalidOptionError(`${what}: cert and key need each other`);
  const authorities = ca === undefined ? undefined : (Array.isArray(ca) ? ca : [ca]).map((one) => pem(one, `${what}.ca`)).join("\n");
  return {
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(cert === undefined ? {} : { cert: pem(cert, `${what}.cert`) }),
    ...(key === undefined ? {} : { key: pem(key, `${what}.key`) }),
  };
}

function pem(value: unknown, what: string): string {
  const isBytes = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
  const text = isBytes ? bufferOf(value).toString("latin1") : value;
  if (typeof text === "string" && text.includes("-----BEGIN ") && !text.includes("\0")) return text;
  throw new InvalidOptionError(`${what} must be PEM ("-----BEGIN …"), as text or bytes, got ${show(value)}`);
}

function bufferOf(value: ArrayBufferView | ArrayBuffer): Buffer {
  return value instanceof ArrayBuffer ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
