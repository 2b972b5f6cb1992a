/**
 * The functions that a program gives to an isolate, called for its scripts.
 *
 * What they throw crosses as name, message, code and cause: stacks and the host's paths in them stay here.
 */
import { types } from "node:util";
import { HostAnswer } from "../internal/numbers.gen.ts";
import type { ErrorFields, NativeIsolate } from "./native.ts";
import type { IsolateOptions } from "./options.ts";

type HostFunction = (...args: unknown[]) => unknown;

/** Errors that are told of one: itself, its cause, the cause's cause … */
const error_causes_max = 8;

export class HostFunctions {
  readonly names: string[];
  readonly #functions: HostFunction[];

  constructor(functions: NonNullable<IsolateOptions["functions"]>) {
    this.names = Object.keys(functions);
    this.#functions = Object.values(functions);
  }

  /** Calls a function and answers the isolate, if that still is there. Never rejects. */
  async call(isolate: NativeIsolate, id: number, index: number, args: unknown[] | undefined): Promise<void> {
    try {
      if (args === undefined) throw new RangeError(`host.${this.names[index]}: the arguments do not fit into the host's memory`);
      const result = await Reflect.apply(this.#functions[index]!, undefined, args);
      const refusal = isolate.answerHostCall(id, HostAnswer.Value, [result]);
      if (refusal !== undefined) fail(isolate, id, this.#refused(index, "result", refusal));
    } catch (error) {
      try {
        this.#throw(isolate, id, index, error);
      } catch {
        // A thrown value whose own getters throw.
        fail(isolate, id, [false, "Error", `host.${this.names[index]} threw what cannot be read`, undefined]);
      }
    }
  }

  #throw(isolate: NativeIsolate, id: number, index: number, error: unknown): void {
    if (isError(error)) {
      const { fields, cause } = describe(error);
      // A cause that cannot be cloned is left out.
      if (cause.length === 0 || fail(isolate, id, [...fields, ...cause]) !== undefined) fail(isolate, id, fields);
      return;
    }
    const refusal = isolate.answerHostCall(id, HostAnswer.Thrown, [error]);
    if (refusal !== undefined) fail(isolate, id, this.#refused(index, "thrown value", refusal));
  }

  #refused(index: number, what: string, refusal: string): ErrorFields {
    return [true, "DataCloneError", `host.${this.names[index]}: its ${what} cannot be cloned: ${refusal}`, undefined];
  }
}

function fail(isolate: NativeIsolate, id: number, values: readonly unknown[]): string | undefined {
  return isolate.answerHostCall(id, HostAnswer.Failed, values);
}

function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** What HostAnswer.Failed takes: the fields of an error and of its causes, and a last cause that is no error. */
function describe(error: Error): { fields: unknown[]; cause: unknown[] } {
  const fields: unknown[] = [];
  let at: unknown = error;
  for (let errors = 0; errors < error_causes_max && isError(at); errors++) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    // Of Node's realm, nano's own and of other contexts.
    const isDomException = Object.prototype.toString.call(at) === "[object DOMException]";
    const own: ErrorFields = [
      isDomException,
      String(at.name),
      String(at.message),
      !isDomException && (typeof code === "string" || typeof code === "number") ? code : undefined,
    ];
    fields.push(...own);
    at = cause;
  }
  return { fields, cause: at === undefined || isError(at) ? [] : [at] };
}
