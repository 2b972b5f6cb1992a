/**
 * Own properties: which keys are shown, and `key: value`.
 */
import { type Context, formatValue, indented, Layout } from "./context.ts";
import { escapeControls, quote } from "./primitives.ts";

const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

export function shownKeys(value: object, showHidden: boolean): PropertyKey[] {
  if (showHidden) return Reflect.ownKeys(value);
  let keys: PropertyKey[];
  try {
    keys = Object.keys(value);
  } catch {
    // A module namespace with an export that is not initialized yet.
    keys = Object.getOwnPropertyNames(value);
  }
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) keys.push(symbol);
  }
  return keys;
}

export function formatProperty(
  context: Context,
  value: object,
  depth: number,
  key: PropertyKey,
  layout: Layout,
  given?: PropertyDescriptor,
): string {
  const descriptor = given ??
    Object.getOwnPropertyDescriptor(value, key) ?? {
      value: (value as Record<PropertyKey, unknown>)[key],
      configurable: true,
      enumerable: true,
    };
  const text = formatDescriptor(context, value, depth, descriptor);
  if (layout === Layout.ArrayElement) return text;
  return `${formatKey(context, key, descriptor.enumerable !== false)}: ${text}`;
}

function formatDescriptor(context: Context, value: object, depth: number, descriptor: PropertyDescriptor): string {
  if (descriptor.value !== undefined) return indented(context, () => formatValue(context, descriptor.value, depth));
  if (descriptor.get !== undefined) {
    const label = descriptor.set === undefined ? "Getter" : "Getter/Setter";
    const isCalled =
      context.getters === true ||
      (context.getters === "get" && descriptor.set === undefined) ||
      (context.getters === "set" && descriptor.set !== undefined);
    return isCalled ? formatGetter(context, value, depth, descriptor.get, label) : context.stylize(`[${label}]`, "special");
  }
  return descriptor.set === undefined ? context.stylize("undefined", "undefined") : context.stylize("[Setter]", "special");
}

function formatGetter(context: Context, value: object, depth: number, get: () => unknown, label: string): string {
  const special = (text: string): string => context.stylize(text, "special");
  try {
    const result = get.call(value);
    return indented(context, () => {
      const text = formatValue(context, result, depth);
      return typeof result === "object" && result !== null
        ? `${special(`[${label}]`)} ${text}`
        : `${special(`[${label}:`)} ${text}${special("]")}`;
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return special(`[${label}: <Inspection threw (${message})>]`);
  }
}

function formatKey(context: Context, key: PropertyKey, isEnumerable: boolean): string {
  if (typeof key === "symbol") {
    const text = escapeControls(Symbol.prototype.toString.call(key));
    return `[${context.stylize(text, "symbol")}]`;
  }
  const name = `${String(key)}`;
  if (name === "__proto__") return "['__proto__']";
  if (!isEnumerable) return `[${escapeControls(name)}]`;
  return identifier.test(name) ? context.stylize(name, "name") : context.stylize(quote(name), "string");
}
