/**
 * How isolates fail. Every error of the SDK is an IsolateError with a `code`; `instanceof` and `code` tell the
 * same story.
 */
import type { NativeFailure } from "./native.ts";

export type IsolateErrorCode =
  /** The script threw, rejected, or does not parse: ScriptError. */
  | "ERR_SCRIPT"
  /** `run` or `eval` waits for a promise that nothing can settle any more: ScriptError. */
  | "ERR_UNSETTLED"
  /** The result, or an argument of `call`, holds something that structured clone refuses: ScriptError, IsolateError. */
  | "ERR_NOT_CLONEABLE"
  /** `call` names a function that the module run last does not export: IsolateError. */
  | "ERR_NO_EXPORT"
  /** The script called CLI.exit: ExitError. */
  | "ERR_EXIT"
  /** More CPU time than `timeLimit`; the isolate is gone: LimitError. */
  | "ERR_TIME_LIMIT"
  /** More memory than `memoryLimit`; the isolate is gone: LimitError. */
  | "ERR_MEMORY_LIMIT"
  /** The isolate is gone: DisposedError. */
  | "ERR_DISPOSED"
  /** An argument or option is not what it may be: InvalidOptionError. */
  | "ERR_INVALID_OPTION"
  /** The isolate could not be made: IsolateError. */
  | "ERR_CREATE"
  | ModuleErrorCode;

/** ModuleError's. */
export type ModuleErrorCode =
  /** No such file, package or in-memory module. */
  | "ERR_MODULE_NOT_FOUND"
  /** A kind of module that nano does not run: CommonJS, `node:` and other schemes, file types. */
  | "ERR_MODULE_UNSUPPORTED"
  /** The file is there but is no module: not UTF-8, too large, a folder, not readable. */
  | "ERR_MODULE_INVALID"
  /** The file lies outside of the folders that the isolate may import from (`importRoots`). */
  | "ERR_MODULE_DENIED";

/** Where in a script something went wrong. */
export interface ScriptLocation {
  /** Path or URL. */
  filename: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  /** The text of that line. */
  sourceLine: string;
  /** How many units the error covers, from `column`. */
  width: number;
}

export class IsolateError extends Error {
  readonly code: IsolateErrorCode;

  constructor(code: IsolateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A DOMException comes as an Error, the only such kind that structured clone knows here: it is Node's DOMException again, with its stack. */
function thrownValue({ error, message, domException }: NativeFailure): unknown {
  if (domException === undefined || !(error instanceof Error)) return error;
  const exception = new DOMException(message, domException);
  Object.defineProperty(exception, "stack", { value: error.stack, writable: true, configurable: true });
  return exception;
}

/** What a script threw or failed with. `cause` is the thrown value when it can be cloned. */
export class ScriptError extends IsolateError {
  /** The thrown value as the isolate's console prints it, with its stack. */
  readonly inspected: string;
  readonly location: ScriptLocation | undefined;

  constructor(code: IsolateErrorCode, failure: NativeFailure) {
    super(code, failure.message, "error" in failure ? { cause: thrownValue(failure) } : undefined);
    this.inspected = failure.inspected ?? failure.message;
    this.location = failure.location;
  }
}

/** A module that the script needs cannot be had. */
export class ModuleError extends IsolateError {
  declare readonly code: ModuleErrorCode;
}

/** The isolate reached a limit and is gone. */
export class LimitError extends IsolateError {
  declare readonly code: "ERR_TIME_LIMIT" | "ERR_MEMORY_LIMIT";
}

/** The isolate is gone. `cause` is what ended it, when that was not `dispose()`. */
export class DisposedError extends IsolateError {
  declare readonly code: "ERR_DISPOSED";
}

/** An option or argument that is not allowed. */
export class InvalidOptionError extends IsolateError {
  declare readonly code: "ERR_INVALID_OPTION";

  constructor(message: string) {
    super("ERR_INVALID_OPTION", message);
  }
}

/** The script ended itself by `CLI.exit` (under `nano run`). */
export class ExitError extends IsolateError {
  declare readonly code: "ERR_EXIT";
  readonly exitCode: number;

  constructor(failure: NativeFailure) {
    super("ERR_EXIT", failure.message);
    this.exitCode = failure.exitCode ?? 0;
  }
}

for (const Class of [IsolateError, ScriptError, ModuleError, LimitError, DisposedError, InvalidOptionError, ExitError]) {
  Object.defineProperty(Class.prototype, "name", { value: Class.name, writable: true, configurable: true });
}

/** The typed error of what the addon rejected with. */
export function fromFailure(failure: NativeFailure): IsolateError {
  switch (failure.code) {
    case "ERR_TIME_LIMIT":
    case "ERR_MEMORY_LIMIT":
      return new LimitError(failure.code, failure.message);
    case "ERR_DISPOSED":
      return new DisposedError("ERR_DISPOSED", failure.message);
    case "ERR_EXIT":
      return new ExitError(failure);
    case "ERR_MODULE_NOT_FOUND":
    case "ERR_MODULE_UNSUPPORTED":
    case "ERR_MODULE_INVALID":
    case "ERR_MODULE_DENIED":
      return new ModuleError(failure.code, failure.message);
    case "ERR_NO_EXPORT":
      return new IsolateError(failure.code, failure.message);
    case "ERR_UNSETTLED":
    case "ERR_NOT_CLONEABLE":
      return new ScriptError(failure.code, failure);
    default:
      return new ScriptError("ERR_SCRIPT", failure);
  }
}
