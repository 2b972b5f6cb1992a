/**
 * URLSearchParams (https://url.spec.whatwg.org/#interface-urlsearchparams).
 */
import { uncurryThis } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { type NameValuePair, parseUrlencoded, serializeUrlencoded } from "./urlencoded.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const slice = uncurryThis(String.prototype.slice);
const sort = uncurryThis(Array.prototype.sort as (compare: (a: NameValuePair, b: NameValuePair) => number) => NameValuePair[]);

const recordInit = webidl.record(webidl.USVString, webidl.USVString);
const isRecord = (value: unknown) => typeof value === "function" || (typeof value === "object" && value !== null);

/** (sequence<sequence<USVString>> or record<USVString, USVString> or USVString) */
const paramsInit = webidl.sequenceOr<string[], NameValuePair[] | string>(webidl.sequence(webidl.USVString), (value, context) =>
  isRecord(value) ? recordInit(value, context) : webidl.USVString(value, context),
);

/** Takes the new query, serialised, when the list changed. */
type QueryListener = (query: string) => void;

let listOf: (params: URLSearchParams) => NameValuePair[];
let isURLSearchParams: (value: unknown) => value is URLSearchParams;
let link: (params: URLSearchParams, listener: QueryListener) => void;
let setList: (params: URLSearchParams, list: NameValuePair[]) => void;

/** The names and values of a query, in order. The `searchParams` of a URL changes with it, both ways. */
export class URLSearchParams {
  #list: NameValuePair[] = [];
  /** Stands for the standard's URL object. */
  #listener: QueryListener | null = null;

  static {
    listOf = (params) => params.#list;
    isURLSearchParams = (value): value is URLSearchParams => typeof value === "object" && value !== null && #list in value;
    link = (params, listener) => {
      params.#listener = listener;
    };
    setList = (params, list) => {
      params.#list = list;
    };
  }

  /**
   * @param init a query with or without "?", pairs, or an object of names and values; "" by default
   * @throws TypeError when a pair has not exactly two items
   */
  constructor(init: string | Iterable<Iterable<string>> | Record<string, string> | URLSearchParams = "") {
    // The empty string, and what most callers give.
    if (typeof init === "string") {
      const query = init.length > 0 && charCodeAt(init, 0) === 0x3f ? slice(init, 1) : init;
      if (query !== "") this.#list = parseUrlencoded(webidl.USVString(query, ""));
      return;
    }
    const converted = paramsInit(init, "URLSearchParams constructor: argument 1");
    if (typeof converted === "string") {
      this.#list = parseUrlencoded(charCodeAt(converted, 0) === 0x3f ? slice(converted, 1) : converted);
      return;
    }
    for (let index = 0; index < converted.length; index++) {
      const pair = converted[index]!;
      if (pair.length !== 2) {
        throw new TypeError(
          `URLSearchParams constructor: argument 1: each item must be a pair of a name and a value, item ${index} has length ${pair.length}`,
        );
      }
      this.#list[index] = [pair[0]!, pair[1]!];
    }
  }

  /** How many pairs there are. */
  get size(): number {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.size");
    return this.#list.length;
  }

  append(name: string, value: string): void {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.append");
    webidl.requireArguments(arguments.length, 2, "URLSearchParams.append");
    const nameString = webidl.USVString(name, "URLSearchParams.append: argument 1");
    const valueString = webidl.USVString(value, "URLSearchParams.append: argument 2");
    this.#list[this.#list.length] = [nameString, valueString];
    this.#update();
  }

  /** Removes the pairs of that name, or only those that have that value too. */
  delete(name: string, value: string | undefined = undefined): void {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.delete");
    webidl.requireArguments(arguments.length, 1, "URLSearchParams.delete");
    const nameString = webidl.USVString(name, "URLSearchParams.delete: argument 1");
    const valueString = value === undefined ? undefined : webidl.USVString(value, "URLSearchParams.delete: argument 2");
    this.#removeFrom(0, nameString, valueString);
    this.#update();
  }

  /** The first value of that name, or null. */
  get(name: string): string | null {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.get");
    webidl.requireArguments(arguments.length, 1, "URLSearchParams.get");
    const nameString = webidl.USVString(name, "URLSearchParams.get: argument 1");
    const list = this.#list;
    for (let index = 0; index < list.length; index++) {
      if (list[index]![0] === nameString) return list[index]![1];
    }
    return null;
  }

  getAll(name: string): string[] {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.getAll");
    webidl.requireArguments(arguments.length, 1, "URLSearchParams.getAll");
    const nameString = webidl.USVString(name, "URLSearchParams.getAll: argument 1");
    const list = this.#list;
    const values: string[] = [];
    for (let index = 0; index < list.length; index++) {
      if (list[index]![0] === nameString) values[values.length] = list[index]![1];
    }
    return values;
  }

  has(name: string, value: string | undefined = undefined): boolean {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.has");
    webidl.requireArguments(arguments.length, 1, "URLSearchParams.has");
    const nameString = webidl.USVString(name, "URLSearchParams.has: argument 1");
    const valueString = value === undefined ? undefined : webidl.USVString(value, "URLSearchParams.has: argument 2");
    const list = this.#list;
    for (let index = 0; index < list.length; index++) {
      const pair = list[index]!;
      if (pair[0] === nameString && (valueString === undefined || pair[1] === valueString)) return true;
    }
    return false;
  }

  /** Gives the first pair of that name the value and removes the others, or appends one. */
  set(name: string, value: string): void {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.set");
    webidl.requireArguments(arguments.length, 2, "URLSearchParams.set");
    const nameString = webidl.USVString(name, "URLSearchParams.set: argument 1");
    const valueString = webidl.USVString(value, "URLSearchParams.set: argument 2");
    const list = this.#list;
    let index = 0;
    while (index < list.length && list[index]![0] !== nameString) index++;
    if (index < list.length) {
      list[index]![1] = valueString;
      this.#removeFrom(index + 1, nameString, undefined);
    } else {
      list[index] = [nameString, valueString];
    }
    this.#update();
  }

  /** Sorts by name, in UTF-16 code units; pairs of one name keep their order. */
  sort(): void {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.sort");
    sort(this.#list, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#update();
  }

  toString(): string {
    if (!isURLSearchParams(this)) throw webidl.illegalInvocation("URLSearchParams.toString");
    return serializeUrlencoded(this.#list);
  }

  #removeFrom(start: number, name: string, value: string | undefined): void {
    const list = this.#list;
    let kept = start;
    for (let index = start; index < list.length; index++) {
      const pair = list[index]!;
      if (pair[0] !== name || (value !== undefined && pair[1] !== value)) list[kept++] = pair;
    }
    list.length = kept;
  }

  /** https://url.spec.whatwg.org/#concept-urlsearchparams-update */
  #update(): void {
    this.#listener?.(serializeUrlencoded(this.#list));
  }
}

/** What exposeInterface adds. */
export interface URLSearchParams {
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

webidl.exposeInterface(URLSearchParams, { iterable: { is: isURLSearchParams, pairs: listOf } });

/** The `searchParams` of a URL: `listener` gets the query whenever the list changes. */
export function createLinkedParams(query: string, listener: QueryListener): URLSearchParams {
  const params = new URLSearchParams();
  setList(params, parseUrlencoded(query));
  link(params, listener);
  return params;
}

/** Replaces the list after the URL's query changed; does not call the listener. */
export function replaceParams(params: URLSearchParams, query: string): void {
  setList(params, parseUrlencoded(query));
}

/** The brand check, for bodies. */
export { isURLSearchParams };
