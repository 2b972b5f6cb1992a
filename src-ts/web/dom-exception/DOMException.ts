/**
 * DOMException (https://webidl.spec.whatwg.org/#idl-DOMException).
 *
 * Every instance is a real Error object ([[ErrorData]], V8's `stack`) whose prototype is ours, so that
 * stack traces, consoles and Error.isError treat it as the error it is.
 */
import { construct } from "../../internal/primordials.ts";
import * as webidl from "../../internal/webidl.ts";
import { makeSerializable } from "../html/platform-objects.ts";

/** https://webidl.spec.whatwg.org/#idl-DOMException-error-names: names that have a legacy code, by code. */
const legacyConstants = {
  INDEX_SIZE_ERR: 1,
  DOMSTRING_SIZE_ERR: 2,
  HIERARCHY_REQUEST_ERR: 3,
  WRONG_DOCUMENT_ERR: 4,
  INVALID_CHARACTER_ERR: 5,
  NO_DATA_ALLOWED_ERR: 6,
  NO_MODIFICATION_ALLOWED_ERR: 7,
  NOT_FOUND_ERR: 8,
  NOT_SUPPORTED_ERR: 9,
  INUSE_ATTRIBUTE_ERR: 10,
  INVALID_STATE_ERR: 11,
  SYNTAX_ERR: 12,
  INVALID_MODIFICATION_ERR: 13,
  NAMESPACE_ERR: 14,
  INVALID_ACCESS_ERR: 15,
  VALIDATION_ERR: 16,
  TYPE_MISMATCH_ERR: 17,
  SECURITY_ERR: 18,
  NETWORK_ERR: 19,
  ABORT_ERR: 20,
  URL_MISMATCH_ERR: 21,
  QUOTA_EXCEEDED_ERR: 22,
  TIMEOUT_ERR: 23,
  INVALID_NODE_TYPE_ERR: 24,
  DATA_CLONE_ERR: 25,
} as const;

const legacyCodes: Record<string, number> = {
  __proto__: null as never,
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

export type DOMExceptionName =
  | "IndexSizeError"
  | "HierarchyRequestError"
  | "WrongDocumentError"
  | "InvalidCharacterError"
  | "NoModificationAllowedError"
  | "NotFoundError"
  | "NotSupportedError"
  | "InUseAttributeError"
  | "InvalidStateError"
  | "SyntaxError"
  | "InvalidModificationError"
  | "NamespaceError"
  | "InvalidAccessError"
  | "TypeMismatchError"
  | "SecurityError"
  | "NetworkError"
  | "AbortError"
  | "URLMismatchError"
  | "QuotaExceededError"
  | "TimeoutError"
  | "InvalidNodeTypeError"
  | "DataCloneError"
  | "EncodingError"
  | "NotReadableError"
  | "UnknownError"
  | "ConstraintError"
  | "DataError"
  | "TransactionInactiveError"
  | "ReadOnlyError"
  | "VersionError"
  | "OperationError"
  | "NotAllowedError"
  | "OptOutError";

interface State {
  name: string;
  message: string;
}

const NativeError = Error;

/** Gives an object that already exists (an Error) the private state of a DOMException. */
const Bare = function (this: unknown, target: object) {
  return target;
} as unknown as new (
  target: object,
) => object;
class Stamp extends Bare {
  #state: State;
  constructor(target: object, state: State) {
    super(target);
    this.#state = state;
  }
  static stateOf(value: unknown): State | undefined {
    return typeof value === "object" && value !== null && #state in value ? value.#state : undefined;
  }
}
const { stateOf } = Stamp;

export function isDOMException(value: unknown): value is DOMException {
  return stateOf(value) !== undefined;
}

export class DOMException {
  /**
   * @param message defaults to ""
   * @param name one of the standard's error names, or any other; defaults to "Error"
   */
  constructor(message: string = "", name: string = "Error") {
    const state: State = {
      message: webidl.DOMString(message, "DOMException constructor: argument 1"),
      name: webidl.DOMString(name, "DOMException constructor: argument 2"),
    };
    // With new.target V8 leaves this constructor out of the stack.
    // Newer V8s begin the stack with the message the Error was made with, older ones with what `message` says.
    const error = construct(NativeError, [state.message], new.target) as { message?: string };
    delete error.message;
    // biome-ignore lint: the object that `new` returns is a real Error
    return new Stamp(error, state) as unknown as DOMException;
  }

  get name(): string {
    return (stateOf(this) ?? refuse("name")).name;
  }

  get message(): string {
    return (stateOf(this) ?? refuse("message")).message;
  }

  /** The legacy code of the name, or 0. */
  get code(): number {
    const { name } = stateOf(this) ?? refuse("code");
    return legacyCodes[name] ?? 0;
  }
}

// What V8 gives every Error, and the standard asks of DOMException where the engine has it.
export interface DOMException extends Error {
  stack?: string;
}

function refuse(member: string): never {
  throw webidl.illegalInvocation(`DOMException.${member}`);
}

webidl.exposeInterface(DOMException, { constants: legacyConstants });
Object.setPrototypeOf(DOMException.prototype, Error.prototype);

// https://webidl.spec.whatwg.org/#ref-for-serialization-steps, with the stack as for other errors.
makeSerializable<DOMException>(DOMException, {
  is: isDOMException,
  clone: (value) => {
    const { name, message } = stateOf(value)!;
    const copy = new DOMException(message, name);
    const { stack } = value;
    Object.defineProperty(copy, "stack", { value: stack, writable: true, enumerable: false, configurable: true });
    return copy;
  },
});

/**
 * A DOMException to throw.
 * @example throw domException("DataCloneError", "a function cannot be cloned")
 */
export function domException(name: DOMExceptionName, message: string): DOMException {
  return new DOMException(message, name);
}
