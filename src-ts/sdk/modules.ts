/**
 * Module loading for isolates: from a specifier and the URL of who imports it to a URL and a text. The isolate
 * compiles, links and remembers (native/v8-bridge/module_loader.cc); it asks once for each pair.
 */
import { promises as fs, realpathSync } from "node:fs";
import { extname, isAbsolute, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ScriptLocation } from "./errors.ts";
import { MemoryModules, memoryUrl } from "./memory-modules.ts";
import { described, ModuleRefusal, shown } from "./module-error.ts";
import type { ModuleAnswer, ModuleRequest, NativeFailure } from "./native.ts";
import type { MemoryModule } from "./options.ts";
import { readText, readTextSync } from "./source-text.ts";
import { StripError, stripTypes } from "./typescript.ts";

type Kind = "js" | "ts" | "json";

/** What the importer may ask for and how messages name it. */
interface Wanted {
  /** Specifier and importer, for messages. */
  what: string;
  type: string;
  isEntry: boolean;
}

const kinds: Record<string, Kind> = { ".js": "js", ".mjs": "js", ".ts": "ts", ".mts": "ts", ".json": "json" };
const allowed_specifiers = "allowed are relative and absolute paths, file: URLs, packages and the isolate's own modules";

export class ModuleHost {
  readonly memory: MemoryModules;
  /** The latest text that did not parse: the isolate gets the message, and where it was is added here. */
  #syntaxError: ModuleRefusal | undefined;
  /** Real paths of folders, or "*". */
  #roots: "*" | string[];
  /** Files are read synchronously: faster while nothing else wants the thread, as under `nano run`. */
  readonly #isSync: boolean;

  constructor(options: { modules: Readonly<Record<string, MemoryModule>>; roots: "*" | readonly string[]; isSync: boolean }) {
    this.memory = new MemoryModules(options.modules);
    this.#roots = options.roots === "*" ? "*" : options.roots.map(realPath);
    this.#isSync = options.isSync;
  }

  addRoot(folder: string): void {
    const real = realPath(folder);
    if (this.#roots !== "*" && !this.#roots.includes(real)) this.#roots.push(real);
  }

  /** Never fails: a refusal is an answer. Answers at once where it can. */
  answer(request: ModuleRequest): ModuleAnswer | Promise<ModuleAnswer> {
    try {
      const answer = this.#load(request);
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#refuse(error)) : answer;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Where the text is that does not parse, when that is why a script failed. */
  locate(failure: NativeFailure): ScriptLocation | undefined {
    return this.#syntaxError?.message === failure.message ? this.#syntaxError.location : undefined;
  }

  #refuse(error: unknown): ModuleAnswer {
    if (!(error instanceof ModuleRefusal)) {
      return { error: error instanceof Error ? error.message : String(error), errorClass: "Error", code: "" };
    }
    if (error.location !== undefined) this.#syntaxError = error;
    return error.toAnswer();
  }

  #load({ specifier, referrer, type }: ModuleRequest): ModuleAnswer | Promise<ModuleAnswer> {
    const wanted: Wanted = { what: described(specifier, referrer), type, isEntry: referrer === "" };
    if (type !== "" && type !== "json") {
      throw new ModuleRefusal(
        "ERR_MODULE_UNSUPPORTED",
        `Cannot import ${wanted.what} as type ${JSON.stringify(type)}: the only import attribute type is "json"`,
      );
    }
    const resolved = this.#resolve(specifier, referrer, wanted.what);
    return resolved instanceof Promise ? resolved.then((url) => this.#loadUrl(url, wanted)) : this.#loadUrl(resolved, wanted);
  }

  // --- specifier → URL ---------------------------------------------------------------------------------

  #resolve(specifier: string, referrer: string, what: string): string | Promise<string> {
    const own = this.memory.urlOf(specifier);
    if (own !== undefined) return own;
    // Classic scripts (`eval`) have a name, not a URL.
    const base = URL.canParse(referrer) ? referrer : memoryUrl("eval");
    if (specifier.startsWith("./") || specifier.startsWith("../") || specifier.startsWith("/")) {
      const url = new URL(specifier, base).href;
      if (!specifier.startsWith("/") || this.memory.get(url) !== undefined) return url;
      // An absolute path means the disk, even from a module that is in memory.
      return new URL(specifier.replace(/^\/+/, "/"), "file:///").href;
    }
    if (URL.canParse(specifier)) return this.#checkScheme(new URL(specifier), what);
    return resolvePackage(specifier, base, what);
  }

  #checkScheme(url: URL, what: string): string {
    if (url.protocol === "file:" || this.memory.get(url.href) !== undefined) return url.href;
    if (url.protocol === "node:") throw nodeModule(what);
    if (url.protocol === "memory:") throw new ModuleRefusal("ERR_MODULE_NOT_FOUND", `Cannot find module ${what}`);
    throw new ModuleRefusal("ERR_MODULE_UNSUPPORTED", `Cannot import ${what}: ${url.protocol} is not supported; ${allowed_specifiers}`);
  }

  // --- URL → text --------------------------------------------------------------------------------------

  #loadUrl(url: string, wanted: Wanted): ModuleAnswer | Promise<ModuleAnswer> {
    const own = this.memory.get(url);
    if (own !== undefined) return answerWith(url, placeOf(url), own.type, own.source, wanted);
    if (!url.startsWith("file:")) {
      throw new ModuleRefusal("ERR_MODULE_NOT_FOUND", `Cannot find module ${wanted.what}; there is no module ${url} in this isolate`);
    }
    const path = pathOf(url, wanted.what);
    if (this.#isSync) {
      const real = this.#checked(realPath(path), wanted);
      return finish(url, real, readTextSync(real, wanted.what), wanted);
    }
    return fs
      .realpath(path)
      .catch(() => path)
      .then(async (found) => {
        const real = this.#checked(found, wanted);
        return finish(url, real, await readText(real, wanted.what), wanted);
      });
  }

  /** The path, when the isolate may read it. What is said about others must not tell whether they exist. */
  #checked(path: string, wanted: Wanted): string {
    if (this.#roots === "*" || this.#roots.some((root) => isWithin(path, root))) return path;
    const allowed =
      this.#roots.length === 0 ? "this isolate may import no files" : `this isolate may import from ${this.#roots.join(", ")} only`;
    throw new ModuleRefusal("ERR_MODULE_DENIED", `Cannot import ${wanted.what}: ${allowed} (see importRoots)`);
  }
}

function finish(url: string, path: string, source: string, wanted: Wanted): ModuleAnswer {
  const { search, hash } = new URL(url);
  const kind = kindOf(path, source, wanted);
  return answerWith(`${pathToFileURL(path).href}${search}${hash}`, path, kind, source, wanted);
}

function answerWith(url: string, filename: string, kind: Kind, source: string, wanted: Wanted): ModuleAnswer {
  if (wanted.type === "json") return { url: `${url}`, kind: "json", source, filename, main: wanted.isEntry };
  if (kind === "json") {
    throw new ModuleRefusal(
      "ERR_MODULE_UNSUPPORTED",
      `Cannot import ${wanted.what} without saying that it is JSON: add with { type: "json" }`,
    );
  }
  return { url, kind: "js", source: kind === "ts" ? stripped(source, url) : source, filename, main: wanted.isEntry };
}

function stripped(source: string, url: string): string {
  const filename = shown(url);
  try {
    return stripTypes(source, filename);
  } catch (error) {
    if (!(error instanceof StripError)) throw error;
    const { line, column, width } = error;
    const sourceLine = source.split(/\r\n?|[\n\u2028\u2029]/)[line - 1] ?? "";
    const location = { filename, line, column, sourceLine, width };
    throw new ModuleRefusal("", `${error.message} (${filename}:${line}:${column})`, "SyntaxError", location);
  }
}

function kindOf(path: string, source: string, wanted: Wanted): Kind {
  const extension = extname(path);
  // A program may be a file without an extension that begins with #!.
  if (extension === "" && wanted.isEntry) return "js";
  if (wanted.type === "json") return "json";
  const kind = kinds[extension];
  if (kind !== undefined) {
    if (extension === ".js" && path.includes("/node_modules/")) refuseCommonJs(path, source, wanted);
    return kind;
  }
  if (extension === ".cjs" || extension === ".cts") throw commonJs(wanted, "the extension says so");
  throw new ModuleRefusal(
    "ERR_MODULE_UNSUPPORTED",
    `Cannot import ${wanted.what}: a file name that ends with ${JSON.stringify(extension)} is no module; ${Object.keys(kinds).join(", ")} are`,
  );
}

/** A package's .js may be either; what has no import or export but uses require or module.exports is CommonJS. */
function refuseCommonJs(_path: string, source: string, wanted: Wanted): void {
  if (/^\s*(?:import\b|export\b)|\bexport\s*[{*]|\bimport\.meta\b/m.test(source)) return;
  if (/\brequire\s*\(|\bmodule\.exports\b|\bexports\.\w/.test(source)) throw commonJs(wanted, "it uses require or exports");
}

function commonJs(wanted: Wanted, why: string): ModuleRefusal {
  return new ModuleRefusal(
    "ERR_MODULE_UNSUPPORTED",
    `Cannot import ${wanted.what}: it is a CommonJS module (${why}), and nano runs ES modules only`,
  );
}

function nodeModule(what: string): ModuleRefusal {
  return new ModuleRefusal(
    "ERR_MODULE_UNSUPPORTED",
    `Cannot import ${what}: Node's own modules are not there in nano, only the web's globals; ${allowed_specifiers}`,
  );
}

/** Node's package resolution, with the conditions of a web-like runtime. */
async function resolvePackage(specifier: string, base: string, what: string): Promise<string> {
  const { builtinModules } = await import("node:module");
  if (builtinModules.includes(specifier)) throw nodeModule(what);
  if (!base.startsWith("file:")) {
    throw new ModuleRefusal(
      "ERR_MODULE_NOT_FOUND",
      `Cannot find module ${what}: no module of this isolate has that name; ${allowed_specifiers}`,
    );
  }
  const { moduleResolve } = await import("import-meta-resolve");
  try {
    return moduleResolve(specifier, new URL(base), new Set(["worker", "browser", "import"])).href;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND") {
      throw new ModuleRefusal("ERR_MODULE_NOT_FOUND", `Cannot find package ${what}: it is in no node_modules folder from there upwards`);
    }
    throw new ModuleRefusal("ERR_MODULE_NOT_FOUND", `Cannot find module ${what}: ${message}`);
  }
}

function pathOf(url: string, what: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new ModuleRefusal("ERR_MODULE_NOT_FOUND", `Cannot find module ${what}: ${(error as Error).message}`);
  }
}

function placeOf(url: string): string {
  return url.startsWith("file:") ? shown(url) : "";
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // Reading it will say what is wrong.
    return path;
  }
}

function isWithin(path: string, root: string): boolean {
  const inside = relative(root, path);
  return inside === "" || (inside !== ".." && !inside.startsWith("../") && !isAbsolute(inside));
}
