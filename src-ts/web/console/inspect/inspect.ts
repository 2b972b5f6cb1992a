/**
 * `inspect`: any value as readable text, the same text as Node's util.inspect gives.
 *
 * Written from Node's documented and observable behaviour; test/web/console compares it with Node's own.
 * Internal slots are read through intrinsics, so neither a changed prototype nor a Proxy misleads it, and
 * no getter of an inspected object is called, other than `constructor.name`, an error's own text,
 * Symbol.toStringTag and custom inspection methods.
 */
import { ObjectKind } from "../../../internal/numbers.gen.ts";
import { intrinsics } from "../../../internal/ops.ts";
import { shownMembers } from "../../../internal/webidl.ts";
import { type Context, Layout, setFormatValue } from "./context.ts";
import * as entries from "./entries.ts";
import { formatError, isError } from "./errors.ts";
import { functionBase } from "./functions.ts";
import { joinEntries } from "./layout.ts";
import { constructorNameOf, type PrototypeProperty, prefix } from "./names.ts";
import { type InspectOptions, makeContext, plain } from "./options.ts";
import { formatNumber, formatPrimitive } from "./primitives.ts";
import { formatProperty, shownKeys } from "./properties.ts";

/** Characters produced at one level, after which no deeper one is entered. */
const characters_max = 2 ** 27;

const customInspect: symbol = Symbol.for("nodejs.util.inspect.custom");

/**
 * @param value anything
 * @param options as Node's util.inspect; numbers of levels, items, characters and columns
 */
export function inspect(value: unknown, options?: InspectOptions): string {
  return formatValue(makeContext(options), value, 0);
}
inspect.custom = customInspect;

function formatValue(context: Context, given: unknown, depth: number, isInView = false): string {
  if (given === null) return context.stylize("null", "null");
  if (typeof given !== "object" && typeof given !== "function") return formatPrimitive(context.stylize, given, context);
  let value: object = given;
  for (;;) {
    const details = intrinsics.proxyDetails(value);
    if (details === undefined) break;
    if (details[0] === null) return context.stylize("<Revoked Proxy>", "special");
    if (context.showProxy) return formatProxy(context, details as [object, object], depth);
    value = details[0];
  }
  if (context.customInspect) {
    const custom = formatCustom(context, given, value, depth);
    if (custom !== undefined) return custom;
  }
  if (context.seen.includes(value)) {
    context.circular ??= new Map();
    let index = context.circular.get(value);
    if (index === undefined) {
      index = context.circular.size + 1;
      context.circular.set(value, index);
    }
    return context.stylize(`[Circular *${index}]`, "special");
  }
  return formatRaw(context, value, depth, isInView);
}
setFormatValue(formatValue);

function formatProxy(context: Context, details: [object, object], depth: number): string {
  if (context.depth !== null && depth > context.depth) return context.stylize("Proxy [Array]", "special");
  context.indentation += 2;
  const parts = [formatValue(context, details[0], depth + 1), formatValue(context, details[1], depth + 1)];
  context.indentation -= 2;
  return joinEntries(context, parts, "", ["Proxy [", "]"], Layout.Array, depth + 1);
}

/** What the value's own inspection method says. */
function formatCustom(context: Context, given: object, value: object, depth: number): string | undefined {
  const method = (value as Record<symbol, unknown>)[customInspect];
  if (typeof method === "function" && method !== inspect && !isPrototypeOfItsConstructor(value)) {
    const left = context.depth === null ? null : context.depth - depth;
    const { seen: _, circular: __, indentation, innermostDepth: ___, produced: ____, ...options } = context;
    const methodOptions = { ...options, depth: left, indentationLvl: indentation };
    const result: unknown = method.call(given, left, methodOptions, inspect);
    if (result === given) return undefined;
    if (typeof result !== "object" || result === null) {
      return `${String(result)}`.replaceAll("\n", `\n${" ".repeat(context.indentation)}`);
    }
    return formatValue(context, result, depth);
  }
  return undefined;
}

function isPrototypeOfItsConstructor(value: object): boolean {
  const made = (value as { constructor?: unknown }).constructor;
  return typeof made === "function" && made.prototype === value;
}

/** Everything about a value that is known before its entries are formatted. */
interface Shape {
  base: string;
  braces: [string, string];
  keys: PropertyKey[];
  layout: Layout;
  format: entries.Formatter;
}

const noEntries: entries.Formatter = () => [];

function formatRaw(context: Context, value: object, depth: number, isInView: boolean): string {
  const isDeepest = context.depth !== null && depth > context.depth;
  const found: PrototypeProperty[] | undefined = context.showHidden && !isDeepest ? [] : undefined;
  const className = constructorNameOf(value, context, depth, found, (prototype) =>
    inspect(prototype, { ...context, customInspect: false, depth: -1 }),
  );
  const inherited = found !== undefined && found.length > 0 ? found : undefined;
  const tag = tagOf(context, value, className);
  const shape = shapeOf(context, value, depth, className, tag, isInView, inherited !== undefined);
  if (typeof shape === "string") return shape;
  if (isDeepest) {
    const name = prefix(className, tag, shape.layout === Layout.Array ? "Array" : "Object").slice(0, -1);
    return context.stylize(className === null ? name : `[${name}]`, "special");
  }
  const next = depth + 1;
  context.seen.push(value);
  context.innermostDepth = next;
  let output: string[];
  try {
    output = shape.format(context, value, next);
    for (const key of shape.keys) output.push(formatProperty(context, value, next, key, shape.layout));
    for (const { key, descriptor } of inherited ?? []) {
      output.push(formatProperty(context, value, next, key, shape.layout, descriptor));
    }
  } catch (error) {
    return interrupted(context, error, className, tag);
  }
  const reference = context.circular?.get(value);
  if (reference !== undefined) {
    const text = context.stylize(`<ref *${reference}>`, "special");
    shape.base = shape.base === "" ? text : `${text} ${shape.base}`;
  }
  context.seen.pop();
  if (context.sorted) sortEntries(context, output, shape);
  const text = joinEntries(context, output, shape.base, shape.braces, shape.layout, next, value);
  const produced = (context.produced[context.indentation] ?? 0) + text.length;
  context.produced[context.indentation] = produced;
  if (produced > characters_max) context.depth = -1;
  return text;
}

function sortEntries(context: Context, output: string[], shape: Shape): void {
  const compare = context.sorted === true ? undefined : (context.sorted as (a: string, b: string) => number);
  if (shape.layout === Layout.Object) {
    output.sort(compare);
  } else if (shape.keys.length > 1) {
    const sorted = output.slice(output.length - shape.keys.length).sort(compare);
    output.splice(output.length - shape.keys.length, shape.keys.length, ...sorted);
  }
}

/** A value nested deeper than the stack reaches is cut off; every other error is the caller's. */
function interrupted(context: Context, error: unknown, className: string | null, tag: string): string {
  if (!(error instanceof RangeError) || !error.message.includes("call stack")) throw error;
  context.seen.pop();
  const name = prefix(className, tag, "Object").slice(0, -1);
  const text = `[${name}: Inspection interrupted prematurely. Maximum call stack size exceeded.]`;
  return context.stylize(text, "special");
}

/** Symbol.toStringTag, when it says more than the constructor's name and is not printed as a property. */
function tagOf(context: Context, value: object, className: string | null): string {
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (typeof tag !== "string" || tag === "" || tag === className) return typeof tag === "string" ? tag : "";
  const isPrinted = context.showHidden
    ? Object.hasOwn(value, Symbol.toStringTag)
    : Object.prototype.propertyIsEnumerable.call(value, Symbol.toStringTag);
  return isPrinted ? "" : tag;
}

/** The value's shape; or its whole text, when there is nothing inside. */
function shapeOf(
  context: Context,
  value: object,
  depth: number,
  className: string | null,
  tag: string,
  isInView: boolean,
  hasInherited: boolean,
): Shape | string {
  const kind = intrinsics.classify(value);
  const isIterable = className === null || Boolean((value as { [Symbol.iterator]?: unknown })[Symbol.iterator]);
  if (isIterable) {
    const shape = iterableShape(context, value, kind, className, tag, hasInherited);
    if (shape !== undefined) return shape;
  }
  const keys = shownKeys(value, context.showHidden);
  const isBare = (): boolean => keys.length === 0 && !hasInherited;
  const shape = (base: string, open = "{", format = noEntries): Shape => ({
    base,
    braces: [open, "}"],
    keys,
    layout: Layout.Object,
    format,
  });
  const named = (fallback: string): string => `${prefix(className, tag, fallback)}{`;

  if (kind === ObjectKind.Arguments) {
    const open = className === "Object" ? "[Arguments] {" : named("Arguments");
    return isBare() ? `${open}}` : shape("", open);
  }
  const members = kind === ObjectKind.Ordinary ? shownMembers(value) : undefined;
  if (members !== undefined) return memberShape(named("Object"), value, keys, members);
  if (className === "Object" && kind === ObjectKind.Ordinary && !isError(value)) {
    const open = tag === "" ? "{" : named("Object");
    return isBare() ? `${open}}` : shape("", open);
  }
  if (typeof value === "function") {
    const base = functionBase(context, value, kind, className, tag);
    return isBare() ? context.stylize(base, "special") : shape(base);
  }
  switch (kind) {
    case ObjectKind.RegExp: {
      const text = RegExp.prototype.toString.call(className === null ? new RegExp(value as RegExp) : value);
      const lead = prefix(className, tag, "RegExp");
      const base = lead === "RegExp " ? text : lead + text;
      const isDeepest = context.depth !== null && depth > context.depth;
      return isBare() || isDeepest ? context.stylize(base, "regexp") : shape(base);
    }
    case ObjectKind.Date: {
      const time = Date.prototype.getTime.call(value);
      const text = Number.isNaN(time) ? Date.prototype.toString.call(value) : Date.prototype.toISOString.call(value);
      const lead = prefix(className, tag, "Date");
      const base = lead === "Date " ? text : lead + text;
      return isBare() ? context.stylize(base, "date") : shape(base);
    }
    case ObjectKind.ArrayBuffer:
    case ObjectKind.SharedArrayBuffer: {
      const lead = prefix(className, tag, kind === ObjectKind.ArrayBuffer ? "ArrayBuffer" : "SharedArrayBuffer");
      if (isInView && isBare()) {
        const length = (value as ArrayBuffer).byteLength;
        return `${lead}{ byteLength: ${formatNumber(context.stylize, length, false)} }`;
      }
      keys.unshift("byteLength");
      return shape("", `${lead}{`, isInView ? noEntries : entries.arrayBufferEntries);
    }
    case ObjectKind.DataView:
      keys.unshift("byteLength", "byteOffset", "buffer");
      return shape("", named("DataView"));
    case ObjectKind.Promise:
      return shape("", named("Promise"), entries.promiseEntries);
    case ObjectKind.WeakSet:
      return shape("", named("WeakSet"), entries.weakEntries);
    case ObjectKind.WeakMap:
      return shape("", named("WeakMap"), entries.weakEntries);
    case ObjectKind.ModuleNamespace:
      return shape("", named("Module"), entries.namespaceEntries(keys));
    case ObjectKind.NumberObject:
    case ObjectKind.StringObject:
    case ObjectKind.BooleanObject:
    case ObjectKind.BigIntObject:
    case ObjectKind.SymbolObject: {
      const base = boxedBase(context, value, kind, keys, className, tag);
      return isBare() ? base : shape(base);
    }
    default: {
      if (kind === ObjectKind.NativeError || isError(value)) {
        const base = formatError(context, value as Error, className, tag, keys);
        return isBare() ? base : shape(base);
      }
      const open = named(className === null ? intrinsics.constructorName(value) : "Object");
      return isBare() ? `${open}}` : shape("", open);
    }
  }
}

/** An object of one of our interfaces: its attributes, then what the script put on it. */
function memberShape(open: string, value: object, keys: PropertyKey[], members: Record<string, unknown>): Shape | string {
  // [LegacyUnforgeable] attributes are accessors on the object itself.
  const own = keys.filter((key) => Object.getOwnPropertyDescriptor(value, key)?.get === undefined);
  const names = Object.keys(members);
  if (own.length === 0 && names.length === 0) return `${open}}`;
  const format: entries.Formatter = (context, _, depth) =>
    names.map((name) => formatProperty(context, members, depth, name, Layout.Object));
  return { base: "", braces: [open, "}"], keys: own, layout: Layout.Object, format };
}

function iterableShape(
  context: Context,
  value: object,
  kind: ObjectKind,
  className: string | null,
  tag: string,
  hasInherited: boolean,
): Shape | string | undefined {
  switch (kind) {
    case ObjectKind.Array: {
      const array = value as unknown[];
      const lead = className !== "Array" || tag !== "" ? prefix(className, tag, "Array", `(${array.length})`) : "";
      const keys = intrinsics.ownNonIndexProperties(value, !context.showHidden);
      if (array.length === 0 && keys.length === 0 && !hasInherited) return `${lead}[]`;
      return { base: "", braces: [`${lead}[`, "]"], keys, layout: Layout.Array, format: entries.arrayEntries };
    }
    case ObjectKind.Set:
    case ObjectKind.Map: {
      const isSet = kind === ObjectKind.Set;
      const size = isSet ? entries.setSize(value) : entries.mapSize(value);
      const lead = prefix(className, tag, isSet ? "Set" : "Map", `(${size})`);
      const keys = shownKeys(value, context.showHidden);
      if (size === 0 && keys.length === 0 && !hasInherited) return `${lead}{}`;
      const format = isSet ? entries.setEntries : entries.mapEntries;
      return { base: "", braces: [`${lead}{`, "}"], keys, layout: Layout.Object, format };
    }
    case ObjectKind.TypedArray: {
      const type = entries.typedArrayTag(value)!;
      const length = entries.typedArrayLength(value);
      const keys = intrinsics.ownNonIndexProperties(value, !context.showHidden);
      const lead = prefix(className, tag, className === null ? type : "", `(${length})`);
      if (length === 0 && keys.length === 0 && !context.showHidden) return `${lead}[]`;
      const format = entries.typedArrayEntries(value as ArrayLike<number>, length);
      return { base: "", braces: [`${lead}[`, "]"], keys, layout: Layout.Array, format };
    }
    case ObjectKind.MapIterator:
    case ObjectKind.SetIterator: {
      const own = kind === ObjectKind.MapIterator ? "Map Iterator" : "Set Iterator";
      const name = tag === own ? own : tag === "" ? own : `${tag}] [${own}`;
      const braces: [string, string] = [`[${name}] {`, "}"];
      const keys = shownKeys(value, context.showHidden);
      return { base: "", braces, keys, layout: Layout.Object, format: entries.iteratorEntries(braces) };
    }
    default:
      return undefined;
  }
}

function boxedBase(context: Context, value: object, kind: ObjectKind, keys: PropertyKey[], className: string | null, tag: string): string {
  let type: string;
  let primitive: unknown;
  switch (kind) {
    case ObjectKind.NumberObject:
      type = "Number";
      primitive = Number.prototype.valueOf.call(value);
      break;
    case ObjectKind.StringObject:
      type = "String";
      primitive = String.prototype.valueOf.call(value);
      // Its characters are keys too.
      keys.splice(0, (primitive as string).length);
      break;
    case ObjectKind.BooleanObject:
      type = "Boolean";
      primitive = Boolean.prototype.valueOf.call(value);
      break;
    case ObjectKind.BigIntObject:
      type = "BigInt";
      primitive = BigInt.prototype.valueOf.call(value);
      break;
    default:
      type = "Symbol";
      primitive = Symbol.prototype.valueOf.call(value);
  }
  let base = `[${type}`;
  if (type !== className) base += className === null ? " (null prototype)" : ` (${className})`;
  base += `: ${formatPrimitive(plain, primitive, context)}]`;
  if (tag !== "" && tag !== className) base += ` [${tag}]`;
  if (keys.length > 0) return base;
  return context.stylize(base, type.toLowerCase() as "number");
}
