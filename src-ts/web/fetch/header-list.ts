/**
 * Header lists (https://fetch.spec.whatwg.org/#concept-header-list): what a Headers object shows, and
 * what requests and responses hold.
 *
 * A list from the network is kept as the block that came and only taken apart when somebody looks: most
 * programs never read a response's headers. Names are compared in lower case; as given they are kept for
 * the wire.
 */
import { uncurryThis } from "../../internal/primordials.ts";
import { isToken, normalizeValue } from "./http-syntax.ts";

const indexOf = uncurryThis(String.prototype.indexOf);
const slice = uncurryThis(String.prototype.slice);
const toLowerCase = uncurryThis(String.prototype.toLowerCase);
const sort = uncurryThis(Array.prototype.sort as (compare: (a: Entry, b: Entry) => number) => Entry[]);

/** Names that were seen, with their lower case: most programs use the same few again and again. */
const lowerOfName = new Map<string, string>();
const mapGet = uncurryThis(Map.prototype.get) as (map: typeof lowerOfName, name: string) => string | undefined;
const mapSet = uncurryThis(Map.prototype.set) as (map: typeof lowerOfName, name: string, lower: string) => unknown;
let knownNames = 0;
const known_names_max = 256;
const known_name_length_max = 64;

/** A header name in lower case; undefined when it is no token. */
export function lowerName(name: string): string | undefined {
  const known = mapGet(lowerOfName, name);
  if (known !== undefined) return known;
  if (!isToken(name)) return undefined;
  const lower = toLowerCase(name);
  if (knownNames < known_names_max && name.length <= known_name_length_max) {
    knownNames++;
    mapSet(lowerOfName, name, lower);
  }
  return lower;
}

/** Of a name that may have come from the network. */
function lowered(name: string): string {
  return lowerName(name) ?? toLowerCase(name);
}

/** A header; `lower` is the name in lower case. */
interface Entry {
  name: string;
  lower: string;
  value: string;
}

export class HeaderList {
  /** "name: value\r\n…" that was not taken apart yet. */
  #block: string;
  #entries: Entry[] = [];
  #sorted: [string, string][] | null = null;

  /** @param block header lines that the core has checked, each with its CR LF */
  constructor(block = "") {
    this.#block = block;
  }

  #load(): Entry[] {
    if (this.#block === "") return this.#entries;
    const block = this.#block;
    this.#block = "";
    const entries = this.#entries;
    for (let start = 0; start < block.length; ) {
      const end = indexOf(block, "\r\n", start);
      const colon = indexOf(block, ":", start);
      const name = slice(block, start, colon);
      entries[entries.length] = { name, lower: lowered(name), value: normalizeValue(slice(block, colon + 1, end)) };
      start = end + 2;
    }
    return entries;
  }

  get isEmpty(): boolean {
    return this.#block === "" && this.#entries.length === 0;
  }

  /** https://fetch.spec.whatwg.org/#concept-header-list-get */
  get(name: string): string | null {
    const entries = this.#load();
    const lower = lowered(name);
    let result: string | null = null;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index]!;
      if (entry.lower === lower) result = result === null ? entry.value : `${result}, ${entry.value}`;
    }
    return result;
  }

  has(name: string): boolean {
    const entries = this.#load();
    const lower = lowered(name);
    for (let index = 0; index < entries.length; index++) if (entries[index]!.lower === lower) return true;
    return false;
  }

  /** https://fetch.spec.whatwg.org/#concept-header-list-append */
  append(name: string, value: string): void {
    const entries = this.#load();
    this.#sorted = null;
    const lower = lowered(name);
    let known = name;
    for (let index = 0; index < entries.length; index++) {
      if (entries[index]!.lower === lower) {
        known = entries[index]!.name;
        break;
      }
    }
    entries[entries.length] = { name: known, lower, value };
  }

  /** https://fetch.spec.whatwg.org/#concept-header-list-set */
  set(name: string, value: string): void {
    const entries = this.#load();
    this.#sorted = null;
    const lower = lowered(name);
    let kept = 0;
    let isSet = false;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index]!;
      if (entry.lower === lower) {
        if (isSet) continue;
        isSet = true;
        entry.value = value;
      }
      entries[kept++] = entry;
    }
    entries.length = kept;
    if (!isSet) entries[kept] = { name, lower, value };
  }

  /** https://fetch.spec.whatwg.org/#concept-header-list-delete */
  delete(name: string): void {
    const entries = this.#load();
    this.#sorted = null;
    const lower = lowered(name);
    let kept = 0;
    for (let index = 0; index < entries.length; index++) {
      if (entries[index]!.lower !== lower) entries[kept++] = entries[index]!;
    }
    entries.length = kept;
  }

  /** All values of a name; for Set-Cookie, whose values cannot be joined. */
  getAll(lower: string): string[] {
    const entries = this.#load();
    const result: string[] = [];
    for (let index = 0; index < entries.length; index++) {
      if (entries[index]!.lower === lower) result[result.length] = entries[index]!.value;
    }
    return result;
  }

  /** https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine; the same array until the list changes. */
  sortAndCombine(): readonly [string, string][] {
    if (this.#sorted !== null) return this.#sorted;
    const entries = this.#load();
    const ordered: Entry[] = [];
    for (let index = 0; index < entries.length; index++) ordered[index] = entries[index]!;
    // Stable, so that values of one name stay in order.
    sort(ordered, (a, b) => (a.lower < b.lower ? -1 : a.lower > b.lower ? 1 : 0));
    const result: [string, string][] = [];
    for (let index = 0; index < ordered.length; index++) {
      const entry = ordered[index]!;
      const last = result[result.length - 1];
      if (last !== undefined && last[0] === entry.lower && entry.lower !== "set-cookie") last[1] = `${last[1]}, ${entry.value}`;
      else result[result.length] = [entry.lower, entry.value];
    }
    this.#sorted = result;
    return result;
  }

  copy(): HeaderList {
    const list = new HeaderList(this.#block);
    for (let index = 0; index < this.#entries.length; index++) {
      const { name, lower, value } = this.#entries[index]!;
      list.#entries[index] = { name, lower, value };
    }
    return list;
  }

  clear(): void {
    this.#block = "";
    this.#entries = [];
    this.#sorted = null;
  }

  /** For the core: "name\0value\0…", values of one name joined; those of Cookie as servers read them. */
  serialize(): string {
    const entries = this.#load();
    let text = "";
    for (let index = 0; index < entries.length; index++) {
      const { name, lower } = entries[index]!;
      let { value } = entries[index]!;
      let isFirst = true;
      for (let other = 0; other < entries.length; other++) {
        if (other === index || entries[other]!.lower !== lower) continue;
        if (other < index) isFirst = false;
        else value += `${lower === "cookie" ? "; " : ", "}${entries[other]!.value}`;
      }
      if (isFirst) text += `${name}\0${value}\0`;
    }
    return text;
  }
}
