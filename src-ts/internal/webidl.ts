/**
 * Web IDL's JavaScript binding (https://webidl.spec.whatwg.org/): every conversion from what a script
 * passed to what an API works with. `import * as webidl from "../../internal/webidl.ts"`.
 *
 * A converter is `(value, context) => T`; the context begins the message of the TypeError it throws.
 */
export * from "./webidl/buffers.ts";
export * from "./webidl/callbacks.ts";
export * from "./webidl/collections.ts";
export * from "./webidl/dictionary.ts";
export * from "./webidl/errors.ts";
export * from "./webidl/interface.ts";
export * from "./webidl/numbers.ts";
export * from "./webidl/strings.ts";
export * from "./webidl/types.ts";
