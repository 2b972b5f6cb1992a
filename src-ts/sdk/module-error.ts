/**
 * The refusals of modules: what each says and which class and code it has in the isolate.
 */
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import type { ModuleErrorCode, ScriptLocation } from "./errors.ts";
import type { ModuleAnswer } from "./native.ts";

/** Why a module cannot be had; answered to the isolate. */
export class ModuleRefusal extends Error {
  readonly code: ModuleErrorCode | "";
  readonly errorClass: string;
  /** Of a text that does not parse. */
  readonly location: ScriptLocation | undefined;

  /** @param code "" for errors of the script itself, such as its syntax */
  constructor(code: ModuleErrorCode | "", message: string, errorClass = "TypeError", location?: ScriptLocation) {
    super(message);
    this.code = code;
    this.errorClass = errorClass;
    this.location = location;
  }

  toAnswer(): ModuleAnswer {
    return { error: this.message, errorClass: this.errorClass, code: this.code };
  }
}

/** A file: URL as the path that people know; any other text as it is. */
export function shown(url: string): string {
  if (!url.startsWith("file:")) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

/** `"./a.js" imported from /b/c.js`, or only the name for an entry. */
export function described(specifier: string, referrer: string): string {
  if (referrer === "") return isAbsolute(shown(specifier)) ? shown(specifier) : JSON.stringify(specifier);
  return `${JSON.stringify(specifier)} imported from ${shown(referrer)}`;
}
