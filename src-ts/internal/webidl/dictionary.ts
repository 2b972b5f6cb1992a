/**
 * IDL dictionaries (https://webidl.spec.whatwg.org/#js-dictionary).
 */

import { isObject } from "./collections.ts";
import { conversionError } from "./errors.ts";
import type { Converter } from "./types.ts";

export interface Member<T = unknown> {
  key: string;
  converter: Converter<T>;
  /** Makes the value when the member is undefined or missing; without it the member is then left out. */
  default?: () => T;
  required?: boolean;
}

export interface Dictionary<T> extends Converter<T> {
  readonly members: readonly Member[];
}

/**
 * A converter to a dictionary. Members are read in the standard's order: inherited dictionaries first,
 * each dictionary's own members by code unit. Absent members without a default are not in the result.
 * @example dictionary<EventInit>([{ key: "bubbles", converter: boolean, default: () => false }])
 */
export function dictionary<T extends object>(members: Member[], inherited?: Dictionary<object>): Dictionary<T> {
  const own = [...members].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const all: readonly Member[] = [...(inherited?.members ?? []), ...own];
  const required = all.filter((member) => member.required).map((member) => member.key);
  const places = all.map(({ key }) => `, its member '${key}'`);
  const convert = (value: unknown, context: string): T => {
    const isMissing = value === undefined || value === null;
    if (!isMissing && !isObject(value)) {
      throw conversionError(context, "an object (a dictionary), null or undefined", value);
    }
    if (isMissing && required.length > 0) {
      throw conversionError(context, `an object with ${required.map((key) => `'${key}'`).join(", ")}`, value);
    }
    const result: Record<string, unknown> = {};
    for (let index = 0; index < all.length; index++) {
      const member = all[index]!;
      const given = isMissing ? undefined : (value as Record<string, unknown>)[member.key];
      if (given !== undefined) {
        const { converter } = member;
        result[member.key] = converter.isConverted?.(given) ? given : converter(given, context + places[index]!);
      } else if (member.default !== undefined) {
        result[member.key] = member.default();
      } else if (member.required) {
        throw missingMember(context, member.key);
      }
    }
    return result as T;
  };
  return Object.assign(convert, { members: all });
}

/** For a required member that is undefined. */
export function missingMember(context: string, key: string): TypeError {
  return new TypeError(`${context} must have the member '${key}', which is undefined`);
}
