/**
 * Turns any ECMAScript value into a value of an IDL type, or throws a TypeError
 * (https://webidl.spec.whatwg.org/#js-type-mapping).
 * @param context begins the error message: "Headers.append: argument 1"
 */
export type Converter<T> = (value: unknown, context: string) => T;

/** https://webidl.spec.whatwg.org/#js-any */
export const any: Converter<unknown> = (value) => value;
