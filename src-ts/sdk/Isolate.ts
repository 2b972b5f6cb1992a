/**
 * An isolate: a V8 heap of its own with the web's globals and nothing of Node, limited in memory and time, in
 * which a program runs code it need not trust.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { addon } from "./addon.ts";
import { DisposedError, fromFailure, InvalidOptionError, IsolateError, LimitError } from "./errors.ts";
import { HostFunctions } from "./host-functions.ts";
import { memoryUrl } from "./memory-modules.ts";
import { ModuleHost } from "./modules.ts";
import type { NativeFailure, NativeIsolate } from "./native.ts";
import { networkSettings } from "./network-options.ts";
import { checkObject, checkOptions, type IsolateOptions, type Output, show } from "./options.ts";
import { configureStartup } from "./startup.ts";
import { terminal } from "./terminal.ts";

/** A URL object: Node's, nano's or another of that kind. */
export interface UrlObject {
  readonly href: string;
}

/** What `run` runs: a module's file, or a module's text. */
export type RunSource =
  | {
      /** A path, relative to the working folder, or a file: URL. .js, .mjs, .ts or .mts. */
      file: string | UrlObject;
    }
  | {
      /** An ES module. */
      code: string;
      /**
       * What stacks and import.meta.url say; with .ts or .mts at its end, types are stripped. An absolute path or
       * a file: URL also says what relative imports are relative to; any other name is only a name.
       */
      filename?: string | UrlObject;
    };

export interface IsolateStats {
  /** Bytes of V8's heap that are in use. */
  heapUsed: number;
  /** Bytes that V8's heap has taken from the system. */
  heapTotal: number;
  /** `memoryLimit`, in bytes. */
  heapLimit: number;
  /** Bytes of buffers outside of V8's heap. */
  buffers: number;
  /** Milliseconds of CPU time since the isolate was made. */
  cpuTime: number;
  /** Operations, timers, calls of host functions and resources that are open. */
  handles: number;
}

/** What `nano run` adds. */
export interface CliRealm {
  args: string[];
  env: Record<string, string>;
}

const construct = Symbol("construct");

export class Isolate {
  readonly #native: NativeIsolate;
  readonly #modules: ModuleHost;
  /** Roots follow from what is run. */
  readonly #hasOwnRoots: boolean;
  #disposed = false;
  /** The limit that ended the isolate. */
  #ended: LimitError | undefined;

  /** @internal Use Isolate.create. */
  constructor(token: symbol, native: NativeIsolate, modules: ModuleHost, hasOwnRoots: boolean) {
    if (token !== construct) throw new InvalidOptionError("Isolates are made by Isolate.create(options)");
    this.#native = native;
    this.#modules = modules;
    this.#hasOwnRoots = hasOwnRoots;
  }

  /**
   * Makes an isolate; every web global is in place.
   * @throws InvalidOptionError; IsolateError with code ERR_CREATE when V8 cannot make one
   */
  static async create(options: IsolateOptions = {}): Promise<Isolate> {
    return createIsolate(options);
  }

  /**
   * Evaluates an ES module and what it imports, and waits until the script has finished: its top-level awaits
   * have settled and no timer, request or other operation is left. In one isolate a file is evaluated once;
   * running it again gives the same exports.
   * @returns the module's exports that structured clone can copy; functions and the like are left out
   * @throws ScriptError, ModuleError, LimitError, DisposedError, InvalidOptionError
   */
  async run(source: RunSource): Promise<Record<string, unknown>> {
    const url = this.#entryUrl(source);
    try {
      return await this.#call(() => this.#native.run(url));
    } finally {
      if ("code" in source) this.#modules.memory.dropCode(url);
    }
  }

  /**
   * Evaluates a classic script (not a module; it sees the variables of earlier ones) and awaits its value.
   * @returns the value of its last expression, structured-cloned
   * @throws ScriptError (code ERR_NOT_CLONEABLE when the value cannot be cloned), LimitError, DisposedError, InvalidOptionError
   */
  async eval(code: string, options: { filename?: string } = {}): Promise<unknown> {
    if (typeof code !== "string") throw new InvalidOptionError(`Isolate.eval: code must be a string, got ${show(code)}`);
    checkObject(options, "Isolate.eval: options", ["filename"]);
    const { filename = "eval" } = options;
    if (typeof filename !== "string") throw new InvalidOptionError(`Isolate.eval: filename must be a string, got ${show(filename)}`);
    return this.#call(() => this.#native.eval(code, filename));
  }

  /**
   * Calls a function that the module run last exports, and awaits what it returns. The module's state stays from call to
   * call; several calls may be under way at once.
   * @param name of the export; "default" for the default export
   * @param args are structured-cloned
   * @returns the result, structured-cloned
   * @throws IsolateError (code ERR_NO_EXPORT; ERR_NOT_CLONEABLE when an argument cannot be cloned), ScriptError, LimitError,
   *   DisposedError, InvalidOptionError
   */
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    if (typeof name !== "string") throw new InvalidOptionError(`Isolate.call: the export's name must be a string, got ${show(name)}`);
    return this.#call(() => {
      try {
        return this.#native.call(name, args);
      } catch (cause) {
        // Or a getter of an argument threw.
        const { name, message } = Object(cause) as Error;
        const why = name === "DataCloneError" ? message : `an argument cannot be cloned: ${message}`;
        throw new IsolateError("ERR_NOT_CLONEABLE", `Isolate.call: ${why}`, { cause });
      }
    });
  }

  /** What the isolate uses now. @throws DisposedError */
  async stats(): Promise<IsolateStats> {
    return this.#call(() => this.#native.stats());
  }

  /** Stops whatever runs, gives everything back, and resolves when that is done. More calls do nothing more. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#native.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) {
      throw new DisposedError("ERR_DISPOSED", `The isolate is gone: ${this.#ended.message}`, { cause: this.#ended });
    }
    if (this.#disposed) throw new DisposedError("ERR_DISPOSED", "The isolate is disposed");
    try {
      return await call();
    } catch (failure) {
      if (failure instanceof IsolateError) throw failure;
      const error = fromFailure(this.#located(failure as NativeFailure));
      if (error instanceof LimitError) this.#ended ??= error;
      throw error;
    }
  }

  #located(failure: NativeFailure): NativeFailure {
    const location = this.#modules.locate(failure);
    return location === undefined ? failure : { ...failure, location, inspected: `SyntaxError: ${failure.message}` };
  }

  #entryUrl(source: RunSource): string {
    checkObject(source, "Isolate.run: the source", "file" in Object(source) ? ["file"] : ["code", "filename"]);
    if ("file" in source) {
      const url = fileUrl(source.file, "Isolate.run: file");
      this.#addRoot(url);
      return url;
    }
    const { code, filename = "code.js" } = source;
    if (typeof code !== "string") throw new InvalidOptionError(`Isolate.run: code must be a string, got ${show(code)}`);
    if (!isPlace(filename)) {
      if (typeof filename !== "string" || filename === "") {
        throw new InvalidOptionError(`Isolate.run: filename must be a name, an absolute path or a file: URL, got ${show(filename)}`);
      }
      return this.#modules.memory.addCode(memoryUrl(filename), code);
    }
    const url = fileUrl(filename, "Isolate.run: filename");
    this.#addRoot(url);
    return this.#modules.memory.addCode(url, code);
  }

  #addRoot(url: string): void {
    if (!this.#hasOwnRoots) this.#modules.addRoot(packageFolder(dirname(fileURLToPath(url))));
  }
}

/** As Isolate.create; `cli` is what `nano run` adds. */
export async function createIsolate(options: IsolateOptions, cli?: CliRealm): Promise<Isolate> {
  const checked = checkOptions(options);
  configureStartup();
  const { stdout, stderr, importRoots } = checked;
  const network = options.network === undefined ? undefined : networkSettings(options.network, "network");
  const functions = new HostFunctions(checked.functions);
  const modules = new ModuleHost({ modules: checked.modules, roots: importRoots ?? [], isSync: cli !== undefined });
  let native: NativeIsolate | undefined;
  try {
    native = await addon.createIsolate(
      {
        memoryLimit: checked.memoryLimit,
        timeLimit: checked.timeLimit,
        sparesMax: checked.spares,
        hostFunctions: functions.names,
        hostCallsMax: checked.hostCallsMax,
        ...(network === undefined ? {} : { network }),
        stdio: stdout === "inherit" && stderr === "inherit" ? "inherit" : "callback",
        terminals: [stdout === "inherit" ? terminal(1) : 0, stderr === "inherit" ? terminal(2) : 0],
        ...(cli === undefined ? {} : { cli }),
      },
      {
        loadModule(request) {
          const answer = modules.answer(request);
          if (answer instanceof Promise) answer.then((late) => native?.provideModule(request.requestId, late));
          else native?.provideModule(request.requestId, answer);
        },
        callHost(id, index, args) {
          if (native !== undefined) void functions.call(native, id, index, args);
        },
        output(fd, text) {
          if (fd === 2) writeTo(stderr, process.stderr, text);
          else writeTo(stdout, process.stdout, text);
        },
      },
    );
  } catch (failure) {
    const message = typeof failure === "object" && failure !== null && "message" in failure ? failure.message : failure;
    throw new IsolateError("ERR_CREATE", `The isolate could not be made: ${message}`, { cause: failure });
  }
  return new Isolate(construct, native, modules, importRoots !== undefined);
}

function writeTo(output: Output, inherited: NodeJS.WriteStream, text: string): void {
  if (output === "inherit") inherited.write(text);
  else if (typeof output === "function") output(text);
  else if (output !== "ignore") output.write(text);
}

function isUrlObject(value: unknown): value is UrlObject {
  return typeof value === "object" && value !== null && typeof (value as Partial<UrlObject>).href === "string";
}

/** Whether a name says where on the disk the code is. */
function isPlace(name: unknown): name is string | UrlObject {
  return isUrlObject(name) || (typeof name === "string" && (isAbsolute(name) || name.startsWith("file:")));
}

function fileUrl(file: unknown, what: string): string {
  if (typeof file === "string" && file !== "" && !file.startsWith("file:")) return pathToFileURL(resolve(file)).href;
  const text = isUrlObject(file) ? file.href : file;
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  try {
    if (url?.protocol === "file:") return pathToFileURL(fileURLToPath(url)).href + url.search + url.hash;
  } catch {}
  throw new InvalidOptionError(`${what} must be a path or a file: URL, got ${show(file)}`);
}

/** The nearest folder upwards with a package.json, else the folder itself. */
function packageFolder(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return at;
    if (dirname(at) === at) return folder;
  }
}
