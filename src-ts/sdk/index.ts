/**
 * What a Node program imports to run isolates.
 */
export {
  DisposedError,
  ExitError,
  InvalidOptionError,
  IsolateError,
  type IsolateErrorCode,
  LimitError,
  ModuleError,
  type ModuleErrorCode,
  ScriptError,
  type ScriptLocation,
} from "./errors.ts";
export { Isolate, type IsolateStats, type RunSource, type UrlObject } from "./Isolate.ts";
export { configureNetwork, type NetworkOptions, type NetworkTls } from "./network-options.ts";
export type { IsolateOptions, MemoryModule, Output } from "./options.ts";
