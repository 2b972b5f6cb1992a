/**
 * What WebAssembly's streaming functions take from a response.
 */
import { getterOf, uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { Headers } from "../fetch/Headers.ts";
import { isResponse, Response } from "../fetch/Response.ts";

const isOk = getterOf<boolean>(Response.prototype, "ok");
const statusOf = getterOf<number>(Response.prototype, "status");
const headersOf = getterOf<Headers>(Response.prototype, "headers");
const arrayBuffer = uncurryThis(Response.prototype.arrayBuffer) as (response: Response) => Promise<ArrayBuffer>;
const getHeader = uncurryThis(Headers.prototype.get) as (headers: Headers, name: string) => string | null;
const exec = uncurryThis(RegExp.prototype.exec);

/**
 * The bytes of a potential WebAssembly response
 * (https://webassembly.github.io/spec/web-api/#compile-a-potential-webassembly-response).
 * @throws TypeError for what is no response, has another status than 200 to 299, or another type than application/wasm
 */
export function bytesOf(source: unknown, context: string): Promise<ArrayBuffer> {
  if (!isResponse(source)) throw webidl.conversionError(`${context}: argument 1`, "a Response, or a promise for one", source);
  const type = getHeader(headersOf(source), "content-type");
  if (type === null || exec(/^[\t ]*application\/wasm[\t ]*$/i, type) === null) {
    throw new TypeError(
      `${context}: the response's Content-Type must be application/wasm, got ${type === null ? "none" : webidl.describe(type)}`,
    );
  }
  if (!isOk(source)) throw new TypeError(`${context}: the response's status must be 200 to 299, got ${statusOf(source)}`);
  return arrayBuffer(source);
}
