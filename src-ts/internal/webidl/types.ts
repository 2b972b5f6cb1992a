/**
 * Turns any ECMAScript value into a value of an IDL type, or throws a TypeError
 * (https://webidl.spec.whatwg.org/#js-type-mapping).
 * @param context begins the error message: "Headers.append: argument 1"
 */
export interface Converter<T> {
  (value: unknown, context: string): T;
  /** Whether conversion would change nothing; so that the texts for error messages need not be made. */
  readonly isConverted?: (value: unknown) => boolean;
}

/** A converter with its `isConverted`. */
export function withQuickTest<T>(convert: (value: unknown, context: string) => T, isConverted: (value: unknown) => boolean): Converter<T> {
  return Object.assign(convert, { isConverted });
}

/** https://webidl.spec.whatwg.org/#js-any */
export const any: Converter<unknown> = (value) => value;
