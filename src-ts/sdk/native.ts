/**
 * The addon's own surface (native/v8-bridge/addon.cc), as the SDK sees it.
 */
import type { Intrinsics } from "../internal/intrinsics.ts";
import type { HostAnswer } from "../internal/numbers.gen.ts";
import type { Ops } from "../internal/ops.gen.ts";

/** What an isolate realm is made of; all sizes in bytes, all times in milliseconds. */
export interface NativeIsolateOptions {
  /** V8 heap and buffers together. */
  memoryLimit: number;
  /** CPU time of one `run` or `eval` call; 0 for none. */
  timeLimit: number;
  /** Isolates like this one that may be made ahead. */
  sparesMax: number;
  /** Names of the functions that the global `host` has. */
  hostFunctions: readonly string[];
  /** How many calls of them may wait at once. */
  hostCallsMax: number;
  /** Where console output goes: the process's own descriptors, or the `output` callback. */
  stdio: "inherit" | "callback";
  /** What standard output and standard error are, see terminal.ts. */
  terminals: readonly [stdout: number, stderr: number];
  /** JSON, see network-options.ts; left out for the defaults. */
  network?: string;
  /** Present in `nano run` only: what the CLI global shows. */
  cli?: { args: string[]; env: Record<string, string> };
}

/** A module that the isolate needs. Answered by `provideModule(requestId, …)`, in any order. */
export interface ModuleRequest {
  requestId: number;
  specifier: string;
  /** URL of the importing module, or "" for an entry. */
  referrer: string;
  /** `with { type }`, or "". */
  type: string;
}

export type ModuleAnswer =
  | { url: string; kind: "js" | "json"; source: string; filename: string; main: boolean }
  /** `errorClass` as in RealmHooks.makeError. */
  | { error: string; errorClass: string; code: string };

/** An error in an answer of the kind HostAnswer.Failed. */
export type ErrorFields = [isDomException: boolean, name: string, message: string, code: string | number | undefined];

/** Called on the Node thread that made the isolate. */
export interface NativeIsolateCallbacks {
  loadModule(request: ModuleRequest): void;
  /**
   * A script calls the function `index` of `hostFunctions`; answered by `answerHostCall(id, …)`, once. `args` is undefined when
   * they do not fit into Node's heap. Does not throw.
   */
  callHost(id: number, index: number, args: unknown[] | undefined): void;
  /** `stdio: "callback"` only. fd is 1 or 2. */
  output(fd: number, text: string): void;
}

/** How a call into an isolate failed. Every rejection of NativeIsolate's promises is one of these. */
export interface NativeFailure {
  /** "ERR_SCRIPT" (it threw), "ERR_TIME_LIMIT", "ERR_MEMORY_LIMIT", "ERR_DISPOSED", "ERR_EXIT", "ERR_NOT_CLONEABLE", "ERR_NO_EXPORT" */
  code: string;
  message: string;
  /** The thrown value, cloned, when it can be; Error objects arrive as errors. */
  error?: unknown;
  /** The thrown value was a DOMException of this name; `error` is an Error then. */
  domException?: string;
  /** As the isolate's console would print the thrown value, with stack and cause. */
  inspected?: string;
  /** Syntax errors and uncaught errors: where. Lines and columns count from 1. */
  location?: { filename: string; line: number; column: number; sourceLine: string; width: number };
  /** ERR_EXIT: what CLI.exit was given. */
  exitCode?: number;
}

export interface NativeStats {
  heapUsed: number;
  heapTotal: number;
  heapLimit: number;
  /** Bytes of native buffers (ArrayBuffers, bodies, sockets) counted against the memory limit. */
  buffers: number;
  /** Milliseconds of CPU time spent in this isolate. */
  cpuTime: number;
  /** Ops, timers, calls of host functions and resources that are open. */
  handles: number;
}

export interface NativeIsolate {
  /** Evaluates the module graph that begins at `url` and waits until the script has finished. Resolves with its cloneable exports. */
  run(url: string): Promise<Record<string, unknown>>;
  /** Evaluates a classic script, awaits its completion value, and clones it. */
  eval(code: string, filename: string): Promise<unknown>;
  /** Calls a function that the module run last exports. Throws a DataCloneError for arguments that cannot be cloned. */
  call(name: string, args: readonly unknown[]): Promise<unknown>;
  provideModule(requestId: number, answer: ModuleAnswer): void;
  /**
   * @param values one; with HostAnswer.Failed the fields of the error, of its cause and so on, one after the other, and perhaps
   *   a last cause that is no error
   * @returns why they cannot be cloned: then this was no answer. Throws what getters in them throw
   */
  answerHostCall(id: number, kind: HostAnswer, values: readonly unknown[]): string | undefined;
  stats(): Promise<NativeStats>;
  /** Stops whatever runs and frees everything; resolves when done. Idempotent. */
  dispose(): Promise<void>;
}

export interface NativeAddon {
  readonly ops: Ops;
  readonly intrinsics: Intrinsics;
  /** Process-wide and idempotent: the isolate bundle's file, its hash, and where a snapshot may be kept ("" for nowhere). */
  configure(bundlePath: string, bundleHash: string, cacheFolder: string): void;
  /** The SHA-256 of a text's UTF-8, in hexadecimal. */
  sha256(text: string): string;
  /** What gives TLS its root certificates (PEM), when they are first needed. Does not throw. */
  setRootsProvider(provider: () => string): void;
  /** V8's version and flags: what a snapshot or code cache is valid for. */
  readonly cacheTag: string;
  createIsolate(options: NativeIsolateOptions, callbacks: NativeIsolateCallbacks): Promise<NativeIsolate>;
  /** After configure(): an isolate with this limit will be asked for soon, and is made on another thread meanwhile. */
  prepareIsolate(memoryLimit: number): void;
  /** Isolates that were made ahead (native/v8-bridge/spare_isolates.h): how many are ready, and how many were taken since the process began. */
  countSpares(): { ready: number; taken: number };
}
