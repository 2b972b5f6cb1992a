/**
 * Modules that are not files: those of the `modules` option, and code given to `run`. Each has a URL, its name
 * when that is one, else memory:///<name>, so that they can import each other by relative specifiers.
 */
import type { MemoryModule } from "./options.ts";

export interface MemorySource {
  source: string;
  type: "js" | "ts" | "json";
}

const typescript_names = /\.m?ts$/;

export class MemoryModules {
  /** By URL. */
  readonly #sources = new Map<string, MemorySource>();
  /** By specifier. */
  readonly #urls = new Map<string, string>();

  constructor(modules: Readonly<Record<string, MemoryModule>>) {
    for (const [name, module] of Object.entries(modules)) {
      const given = typeof module === "string" ? { source: module } : module;
      const url = memoryUrl(name);
      this.#urls.set(name, url);
      this.#sources.set(url, { source: given.source, type: given.type ?? typeOf(name) });
    }
  }

  /** The URL of the module of exactly this name. */
  urlOf(specifier: string): string | undefined {
    return this.#urls.get(specifier);
  }

  get(url: string): MemorySource | undefined {
    return this.#sources.get(url);
  }

  /** Code for one run, under a URL that no earlier run had. */
  addCode(url: string, source: string): string {
    let unique = url;
    for (let run = 2; this.#sources.has(unique); run++) unique = `${url}${url.includes("?") ? "&" : "?"}run=${run}`;
    this.#sources.set(unique, { source, type: typeOf(url) === "ts" ? "ts" : "js" });
    return unique;
  }

  /** The isolate holds its own copy once the module is loaded; its URL stays taken. */
  dropCode(url: string): void {
    this.#sources.set(url, { source: "", type: "js" });
  }
}

/** "lib/a.js" → "memory:///lib/a.js"; a URL stays. */
export function memoryUrl(name: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(name)) return name;
  return new URL(name.split("/").map(encodeURIComponent).join("/"), "memory:///").href;
}

function typeOf(name: string): "js" | "ts" | "json" {
  if (name.endsWith(".json")) return "json";
  return typescript_names.test(name) ? "ts" : "js";
}
