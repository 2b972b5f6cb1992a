/**
 * The list of ECMA-429 says of each name that it conforms or why it deviates: held against the expectations, so that
 * neither can say what the other does not.
 */
import { describe, expect, test } from "vitest";
import { deviations, requiredInterfaces, requiredMembers, requiredWebAssembly } from "../../src-ts/cli/conformance-list.ts";
import { nano } from "../support/cli.ts";
import { areas } from "./areas.ts";
import { readExpectations } from "./expectations.ts";

const isStream = (name: string): boolean => /Stream|QueuingStrategy/.test(name) && !/^(Text|Compression|Decompression)/.test(name);
const html = /^(structuredClone|set|clear|queueMicrotask|reportError|on|self$|globalThis|navigator|atob|btoa|ErrorEvent|PromiseRejection)/;
const all = [...requiredInterfaces, ...requiredWebAssembly, ...requiredMembers];

/** Which names an area tests. */
const namesOf: Record<string, readonly string[]> = {
  url: ["URL", "URLSearchParams"],
  urlpattern: ["URLPattern"],
  streams: requiredInterfaces.filter(isStream),
  encoding: requiredInterfaces.filter((name) => name.startsWith("Text")),
  compression: ["CompressionStream", "DecompressionStream"],
  WebCryptoAPI: ["Crypto", "CryptoKey", "SubtleCrypto", "crypto"],
  "html/webappapis": all.filter((name) => html.test(name)),
  "dom/events": ["CustomEvent", "Event", "EventTarget"],
  "dom/abort": ["AbortController", "AbortSignal"],
  FileAPI: ["Blob", "File"],
  "xhr/formdata": ["FormData"],
  "fetch/api": ["Headers", "Request", "Response", "fetch"],
  "fetch/content-length": ["fetch"],
  "fetch/content-type": ["Request", "Response", "fetch"],
  "fetch/h1-parsing": ["fetch"],
  "fetch/range": ["fetch"],
  "fetch/security": ["fetch"],
  "fetch/data-urls": ["fetch"],
  "fetch/content-encoding": ["fetch"],
  "hr-time": ["Performance", "performance"],
  "user-timing": ["Performance"],
  "performance-timeline": ["Performance"],
  webmessaging: ["MessageChannel", "MessageEvent", "MessagePort"],
  console: ["console"],
  webidl: ["DOMException"],
  "wasm/jsapi": requiredWebAssembly,
  "wasm/webapi": requiredWebAssembly.filter((name) => name.endsWith("Streaming")),
};

test("ECMA-429 has 43 interfaces, 16 names of WebAssembly and 19 global members, each tested by an area", () => {
  expect([requiredInterfaces.length, requiredWebAssembly.length, requiredMembers.length]).toEqual([43, 16, 19]);
  const tested = new Set(Object.values(namesOf).flat());
  expect(all.filter((name) => !tested.has(name))).toEqual([]);
  expect(Object.keys(deviations).filter((name) => !all.includes(name))).toEqual([]);
  expect(Object.keys(namesOf).sort()).toEqual(areas.map(({ name }) => name).sort());
});

describe("what an area's expectations call a deviation, the list does too", () => {
  test.each(areas.map(({ name }) => name))("%s", (area) => {
    const entries = Object.values(readExpectations(area)).flat();
    const deviating = entries.filter(({ reason }) => reason === "deviation");
    if (deviating.length > 0) expect(namesOf[area]!.filter((name) => name in deviations)).not.toEqual([]);
  });
});

test("nano conformance prints the list", async () => {
  const { stdout, stderr, code } = await nano(["conformance"]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^Interfaces\n {2}AbortController +conforming\n/);
  expect(stdout).toMatch(/\n {2}fetch +deviates: no page is around it/);
  const [, count, missing] = /\n(\d+) names: \d+ conforming, \d+ deviating, (\d+) missing\n$/.exec(stdout)!;
  expect(count).toBe("78");
  expect(code).toBe(missing === "0" ? 0 : 1);
  const groups = JSON.parse((await nano(["conformance", "--json"])).stdout) as {
    items: { name: string; state: string; because?: string }[];
  }[];
  const items = groups.flatMap((group) => group.items);
  expect(items.map(({ name }) => name)).toEqual(all);
  for (const { state, because } of items) expect(state === "deviates" ? typeof because : state).toMatch(/^(string|conforming|missing)$/);
});
