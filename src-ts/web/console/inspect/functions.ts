/**
 * Functions and classes: `[Function: f]`, `[class A extends B]`.
 */
import { ObjectKind } from "../../../internal/numbers.gen.ts";
import type { Context } from "./context.ts";

const functionToString = Function.prototype.toString;
const comments = /\/\/.*|\/\*[\s\S]*?\*\//g;

export function functionBase(_context: Context, value: Function, kind: ObjectKind, className: string | null, tag: string): string {
  const source = functionToString.call(value);
  if (source.startsWith("class") && source.endsWith("}") && isClass(source)) return classBase(value, className, tag);
  const type =
    kind === ObjectKind.AsyncGeneratorFunction
      ? "AsyncGeneratorFunction"
      : kind === ObjectKind.AsyncFunction
        ? "AsyncFunction"
        : kind === ObjectKind.GeneratorFunction
          ? "GeneratorFunction"
          : "Function";
  let base = `[${type}`;
  if (className === null) base += " (null prototype)";
  base += value.name === "" ? " (anonymous)" : `: ${value.name}`;
  base += "]";
  if (className !== type && className !== null) base += ` ${className}`;
  if (tag !== "" && className !== tag) base += ` [${tag}]`;
  return base;
}

/** True for `class A {…}`, false for a method named class: `class() {…}`. */
function isClass(source: string): boolean {
  const inner = source.slice(5, -1);
  const brace = inner.indexOf("{");
  if (brace < 0) return false;
  if (!inner.slice(0, brace).includes("(")) return true;
  return /^(\s+[^(]*?)\s*\{/.test(inner.replace(comments, ""));
}

function classBase(value: Function, className: string | null, tag: string): string {
  const name = (Object.hasOwn(value, "name") && value.name) || "(anonymous)";
  let base = `class ${name}`;
  if (className !== "Function" && className !== null) base += ` [${className}]`;
  if (tag !== "" && className !== tag) base += ` [${tag}]`;
  if (className === null) {
    base += " extends null";
  } else {
    const parent = (Object.getPrototypeOf(value) as Function).name;
    if (parent) base += ` extends ${parent}`;
  }
  return `[${base}]`;
}
