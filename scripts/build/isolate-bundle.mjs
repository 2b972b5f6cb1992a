/**
 * The isolates' bundle (dist/isolate.js): one text in parts, with form feeds between them.
 *
 * Part 0 is what every isolate starts with; then comes a part for each group of src-ts/realm/groups/, in the order of
 * their names; then what several groups share. A part is a function expression: part 0 of (ops, intrinsics, parts), the
 * others of (loadPart, natives); see src-ts/realm/groups-isolate.ts. esbuild splits the source into ES modules without
 * cycles, of which this makes functions: an import is what another part returned, taken once.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./toolchain.mjs";

const mainEntry = "src-ts/realm/isolate-main.ts";
const groupsFolder = "src-ts/realm/groups";

/** Built-ins that the parts take as they were before any script ran. */
const nativeNames = `Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date
  DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Int16Array Int32Array
  Int8Array Iterator JSON Map Math Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer
  String SuppressedError Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap
  WeakRef WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt`.split(/\s+/);

/** @returns the text of dist/isolate.js */
export async function bundleIsolate(esbuild, common) {
  const groups = readdirSync(join(root, groupsFolder))
    .map((file) => file.replace(/\.ts$/, ""))
    .sort();
  const options = {
    ...common,
    // V8 gets the parts as one-byte strings that all isolates share.
    charset: "ascii",
    // Identifiers stay: they are what classes and functions are called.
    minifyWhitespace: true,
    minifySyntax: true,
    format: "esm",
    platform: "neutral",
    outdir: "/",
  };
  const split = await esbuild.build({
    ...options,
    entryPoints: { main: mainEntry, ...Object.fromEntries(groups.map((group) => [group, `${groupsFolder}/${group}.ts`])) },
    splitting: true,
    chunkNames: "[hash]",
    alias: { "#realm": "./src-ts/realm/isolate.ts", "#groups": "./src-ts/realm/groups-isolate.ts" },
    define: { NANO_GROUPS: JSON.stringify(groups) },
  });
  const modules = new Map(split.outputFiles.map(({ path, text }) => [`.${path}`, parseModule(text, path)]));

  const eager = new Set();
  const visit = (path) => {
    if (eager.has(path)) return;
    eager.add(path);
    for (const { from } of modules.get(path).imports) visit(from);
  };
  visit("./main.js");
  const late = [
    ...groups.map((group) => `./${group}.js`),
    ...[...modules.keys()].filter((path) => !eager.has(path) && !groups.includes(path.slice(2, -3))),
  ];

  // What late parts import from eager modules, by a name of its own among the exports of part 0.
  const shared = new Map();
  const nameInMain = (from, imported) => {
    const key = `${from} ${imported}`;
    if (!shared.has(key)) shared.set(key, { from, imported, exported: `e${shared.size}` });
    return shared.get(key).exported;
  };
  const texts = late.map((path) => lateText(modules.get(path), { eager, late, nameInMain }));
  return [await mainText(esbuild, options, modules, shared), ...texts].join("\n\f\n");
}

/** An ES module as esbuild writes it: imports first, one export last. */
function parseModule(text, path) {
  const imports = [];
  let body = text.trim();
  for (let match; (match = /^import(?:\{([^}]*)\}from)?"([^"]+)";?\n?/.exec(body)) !== null; body = body.slice(match[0].length)) {
    imports.push({ from: match[2], names: parseNames(match[1] ?? "") });
  }
  const match = /export\{([^}]*)\};?$/.exec(body);
  const exports = parseNames(match?.[1] ?? "");
  if (match !== null) body = body.slice(0, match.index);
  if (/(^|[;}\n])(import|export)\b\s*[{"*]/.test(body)) throw new Error(`${path}: an import or export that is not understood`);
  return { imports, exports, body };
}

/** "a as b,c" */
function parseNames(list) {
  return list
    .split(",")
    .filter((item) => item !== "")
    .map((item) => item.trim().split(" as "))
    .map(([name, alias = name]) => [name, alias]);
}

/** A script that replaces a global changes its own program and not ours. */
function nativesFrom(object, body) {
  const used = nativeNames.filter((name) => new RegExp(`(?<![.\\w$])${name}(?![\\w$])`).test(body));
  return used.length === 0 ? "" : `const{${used.join(",")}}=${object};`;
}

function lateText({ imports, exports, body }, { eager, late, nameInMain }) {
  const lines = [];
  lines.push(nativesFrom("natives", body));
  for (const { from, names } of imports) {
    const isEager = eager.has(from);
    const bindings = names.map(([imported, local]) => `${isEager ? nameInMain(from, imported) : imported}:${local}`);
    if (!isEager || bindings.length > 0) lines.push(`const{${bindings.join(",")}}=loadPart(${isEager ? 0 : late.indexOf(from) + 1});`);
  }
  const returned = exports.map(([local, exported]) => `${exported}:${local}`).join(",");
  return `(function(loadPart,natives){"use strict";${lines.join("")}\n${body}\nreturn{__proto__:null,${returned}}})`;
}

/** The eager modules as one scope. */
async function mainText(esbuild, options, modules, shared) {
  const lines = [...shared.values()].map(({ from, imported, exported }) => `export { ${imported} as ${exported} } from "${from}";`);
  const entry = `import "./main.js";\n${lines.join("\n")}`;
  const merged = await esbuild.build({
    ...options,
    stdin: { contents: entry, sourcefile: "main-and-shared.js", resolveDir: root },
    outfile: "/main.js",
    outdir: undefined,
    plugins: [
      {
        name: "split modules",
        setup(build) {
          build.onResolve({ filter: /^\.\// }, ({ path }) => ({ path, namespace: "split" }));
          build.onLoad({ filter: /.*/, namespace: "split" }, ({ path }) => ({ contents: moduleText(modules.get(path)), loader: "js" }));
        },
      },
    ],
  });
  const { imports, exports, body } = parseModule(merged.outputFiles[0].text, "main");
  if (imports.length > 0) throw new Error("part 0 imports something");
  const returned = exports.map(([local, exported]) => `${exported}:${local}`).join(",");
  return `(function(ops,intrinsics,parts){"use strict";${nativesFrom("globalThis", body)}${body}\nparts[0]={__proto__:null,${returned}}})`;
}

function moduleText({ imports, exports, body }) {
  const list = (names) => names.map(([name, alias]) => `${name} as ${alias}`).join(",");
  return [...imports.map(({ from, names }) => `import{${list(names)}}from"${from}";`), body, `export{${list(exports)}};`].join("\n");
}
