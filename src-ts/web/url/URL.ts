/**
 * URL (https://url.spec.whatwg.org/#url-class).
 */
import { UrlMember } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import type { Blob } from "../file/Blob.ts";
import { addBlobUrl, isStorableBlob, removeBlobUrl } from "./blob-url-store.ts";
import { createLinkedParams, replaceParams, type URLSearchParams } from "./URLSearchParams.ts";
import {
  fragmentOf,
  hostnameOf,
  hostOf,
  originOf,
  parseUrl,
  passwordOf,
  pathnameOf,
  protocolOf,
  queryOf,
  setUrlMember,
  type UrlRecord,
  usernameOf,
} from "./url-record.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);
const exec = uncurryThis(RegExp.prototype.exec);

let recordOf: (url: URL) => UrlRecord;

/** A URL. Its members read and change parts of `href`. */
export class URL {
  #record: UrlRecord;
  /** Made when it is first asked for. */
  #searchParams: URLSearchParams | null = null;

  static {
    recordOf = (url) => url.#record;
  }

  /**
   * @param url an absolute URL, or one relative to `base`
   * @param base an absolute URL
   * @throws TypeError when there is no such URL
   */
  constructor(url: string | URL, base: string | URL | undefined = undefined) {
    // URL.parse passes the record it has made.
    if (base === (webidl.internalToken as unknown)) {
      this.#record = url as unknown as UrlRecord;
      return;
    }
    webidl.requireArguments(arguments.length, 1, "URL constructor");
    const input = webidl.DOMString(url, "URL constructor: argument 1");
    const baseString = base === undefined ? null : webidl.DOMString(base, "URL constructor: argument 2");
    const record = parseUrl(input, baseString);
    if (record === null) throw invalidUrl("URL constructor", input, baseString);
    this.#record = record;
  }

  /** As the constructor, but null where that throws. */
  static parse(url: string | URL, base: string | URL | undefined = undefined): URL | null {
    webidl.requireArguments(arguments.length, 1, "URL.parse");
    const input = webidl.DOMString(url, "URL.parse: argument 1");
    const record = parseUrl(input, base === undefined ? null : webidl.DOMString(base, "URL.parse: argument 2"));
    if (record === null) return null;
    return new URL(record as unknown as string, webidl.internalToken as unknown as string);
  }

  /** Whether the constructor would succeed. */
  static canParse(url: string | URL, base: string | URL | undefined = undefined): boolean {
    webidl.requireArguments(arguments.length, 1, "URL.canParse");
    const input = webidl.DOMString(url, "URL.canParse: argument 1");
    return ops.url_can_parse(input, base === undefined ? null : webidl.DOMString(base, "URL.canParse: argument 2"));
  }

  /** A blob: URL that fetch resolves to the blob until it is revoked; it keeps the blob alive. */
  static createObjectURL(blob: Blob): string {
    webidl.requireArguments(arguments.length, 1, "URL.createObjectURL");
    if (!isStorableBlob(blob)) throw webidl.conversionError("URL.createObjectURL: argument 1", "a Blob object", blob);
    return addBlobUrl(blob);
  }

  /** Takes a URL of createObjectURL back; others are ignored. */
  static revokeObjectURL(url: string): void {
    webidl.requireArguments(arguments.length, 1, "URL.revokeObjectURL");
    removeBlobUrl(webidl.DOMString(url, "URL.revokeObjectURL: argument 1"));
  }

  /** The whole URL. Setting it throws a TypeError when the value is not an absolute URL. */
  get href(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.href");
    return this.#record.href;
  }

  set href(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.href");
    const input = webidl.DOMString(value, "URL.href: the value");
    const record = parseUrl(input);
    if (record === null) throw invalidUrl("URL.href", input, null);
    this.#record = record;
    if (this.#searchParams !== null) replaceParams(this.#searchParams, queryOf(record) ?? "");
  }

  /** host and port; "null" when the origin is opaque. */
  get origin(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.origin");
    return originOf(this.#record);
  }

  /** The scheme and ":". */
  get protocol(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.protocol");
    return protocolOf(this.#record);
  }

  set protocol(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.protocol");
    setUrlMember(this.#record, UrlMember.Protocol, webidl.DOMString(value, "URL.protocol: the value"));
  }

  get username(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.username");
    return usernameOf(this.#record);
  }

  set username(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.username");
    setUrlMember(this.#record, UrlMember.Username, webidl.DOMString(value, "URL.username: the value"));
  }

  get password(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.password");
    return passwordOf(this.#record);
  }

  set password(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.password");
    setUrlMember(this.#record, UrlMember.Password, webidl.DOMString(value, "URL.password: the value"));
  }

  /** The host, with ":" and the port when that is not the scheme's default. */
  get host(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.host");
    return hostOf(this.#record);
  }

  set host(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.host");
    setUrlMember(this.#record, UrlMember.Host, webidl.DOMString(value, "URL.host: the value"));
  }

  get hostname(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.hostname");
    return hostnameOf(this.#record);
  }

  set hostname(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.hostname");
    setUrlMember(this.#record, UrlMember.Hostname, webidl.DOMString(value, "URL.hostname: the value"));
  }

  /** The port; "" for the scheme's default. */
  get port(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.port");
    const { port } = this.#record;
    return port < 0 ? "" : `${port}`;
  }

  set port(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.port");
    setUrlMember(this.#record, UrlMember.Port, webidl.DOMString(value, "URL.port: the value"));
  }

  get pathname(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.pathname");
    return pathnameOf(this.#record);
  }

  set pathname(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.pathname");
    setUrlMember(this.#record, UrlMember.Pathname, webidl.DOMString(value, "URL.pathname: the value"));
  }

  /** "?" and the query; "" when the query is empty or null. */
  get search(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.search");
    const query = queryOf(this.#record);
    return query === null || query === "" ? "" : `?${query}`;
  }

  set search(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.search");
    const input = webidl.USVString(value, "URL.search: the value");
    setUrlMember(this.#record, UrlMember.Search, input);
    // The parameters keep tabs and newlines, which the query loses: then they cannot be made from it later.
    if (this.#searchParams === null && exec(/[\t\n\r]/u, input) === null) return;
    const query = input !== "" && charCodeAt(input, 0) === 0x3f ? slice(input, 1) : input;
    replaceParams(this.#queryObject(), query);
  }

  get searchParams(): URLSearchParams {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.searchParams");
    return this.#queryObject();
  }

  /** "#" and the fragment; "" when the fragment is empty or null. */
  get hash(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.hash");
    const fragment = fragmentOf(this.#record);
    return fragment === null || fragment === "" ? "" : `#${fragment}`;
  }

  set hash(value: string) {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.hash");
    setUrlMember(this.#record, UrlMember.Hash, webidl.DOMString(value, "URL.hash: the value"));
  }

  toJSON(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.toJSON");
    return this.#record.href;
  }

  toString(): string {
    if (!(#record in this)) throw webidl.illegalInvocation("URL.toString");
    return this.#record.href;
  }

  #queryObject(): URLSearchParams {
    this.#searchParams ??= createLinkedParams(queryOf(this.#record) ?? "", (query) => {
      setUrlMember(this.#record, UrlMember.Search, query);
    });
    return this.#searchParams;
  }
}

webidl.exposeInterface(URL);

/** A script's URL object, read without running its code. */
export { recordOf as urlRecordOf };

const text_length_max = 200;

function invalidUrl(context: string, input: string, base: string | null): TypeError {
  const quote = (text: string) => `"${text.length > text_length_max ? `${slice(text, 0, text_length_max)}…` : text}"`;
  if (base !== null) {
    if (parseUrl(base) === null) return new TypeError(`${context}: Invalid URL: the base ${quote(base)} is not an absolute URL`);
    return new TypeError(`${context}: Invalid URL: ${quote(input)} cannot be resolved against ${quote(base)}`);
  }
  if (exec(/^[\0- ]*[a-z][a-z0-9+.-]*:/iu, input) === null) {
    return new TypeError(`${context}: Invalid URL: ${quote(input)} is relative, and there is no base to resolve it against`);
  }
  return new TypeError(`${context}: Invalid URL: ${quote(input)}`);
}
