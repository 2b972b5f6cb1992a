/**
 * The suite's own machinery: what tells a pass from a failure must not be wrong itself.
 */
import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { areas } from "./areas.ts";
import { type Entry, surprises, updated, v8Version } from "./expectations.ts";
import type { FileResult, Status } from "./job.ts";
import { conformancePage } from "./page.ts";
import type { Column } from "./scoreboard.ts";
import { makeCertificate } from "./server/certificate.ts";
import { Query } from "./server/exchange.ts";
import { parsePipes } from "./server/pipes.ts";
import { substitute } from "./server/substitution.ts";
import { metaOf } from "./suite.ts";

const file = (subtests: Record<string, Status>, outcome: FileResult["outcome"] = "ok"): FileResult => ({
  id: "a.any.js",
  outcome,
  message: null,
  subtests: Object.entries(subtests).map(([name, status]) => ({ name, status, message: null })),
  duration: 1,
});

describe("expectations", () => {
  test("an entry holds on the engines that it names: older ones, newer ones, all without a version", () => {
    const failing = file({ a: "fail", b: "pass" });
    const entry = (before?: number): Entry => ({
      reason: "engine",
      text: "x",
      subtests: ["a"],
      ...(before === undefined ? {} : { before }),
    });
    expect(surprises(failing, [entry(v8Version + 1)], "host")).toEqual([]);
    expect(surprises(failing, [entry()], "host")).toEqual([]);
    expect(surprises(failing, [entry(v8Version)], "host")).toHaveLength(1);
    const since = (version: number): Entry => ({ reason: "engine", text: "x", subtests: ["a"], since: version });
    expect(surprises(failing, [since(v8Version)], "host")).toEqual([]);
    expect(surprises(failing, [since(v8Version + 1)], "host")).toHaveLength(1);
    expect(updated([entry(v8Version)], { isolate: file({ a: "pass" }), host: file({ a: "pass" }) })).toEqual([entry(v8Version)]);
  });

  test("an unlisted failure, a listed pass and a listed subtest that is gone are surprises", () => {
    const entries: Entry[] = [{ reason: "not-built-yet", subtests: ["b", "c"] }];
    const lines = surprises(file({ a: "fail", b: "pass" }), entries, "isolate");
    expect(lines).toHaveLength(3);
    expect(lines.join()).toMatch(/"a": fail.*"b" passes.*"c" is listed as failing, and was not there/);
    expect(surprises(file({ a: "pass", b: "fail", c: "timeout" }), entries, "isolate")).toEqual([]);
  });

  test("a file that crashes, hangs or has no subtest is a surprise, unless the whole file is listed", () => {
    expect(surprises(file({}), [], "isolate")).toEqual(["the file has no subtest"]);
    expect(surprises(file({}), [{ reason: "browser-only" }], "isolate")).toEqual([]);
    expect(surprises(file({ a: "pass" }, "crash"), [], "host")).toHaveLength(1);
    expect(surprises(file({ a: "pass" }, "timeout"), [{ reason: "browser-only" }], "host")).toEqual([]);
    expect(surprises(file({ a: "pass" }), [{ reason: "browser-only" }], "host")).toHaveLength(1);
  });

  test("an entry for one kind of realm does not hold in the other", () => {
    const entries: Entry[] = [{ reason: "not-built-yet", realm: "host", subtests: ["a"] }];
    expect(surprises(file({ a: "fail" }), entries, "host")).toEqual([]);
    expect(surprises(file({ a: "fail" }), entries, "isolate")).toHaveLength(1);
  });

  test("an update keeps reasons, drops what passes and takes new failures as not built yet", () => {
    const entries: Entry[] = [{ reason: "deviation", text: "on purpose", subtests: ["a", "b"] }];
    const result = file({ a: "fail", b: "pass", c: "fail", d: "pass" });
    expect(updated(entries, { isolate: result, host: result })).toEqual([
      { reason: "deviation", text: "on purpose", subtests: ["a"] },
      { reason: "not-built-yet", subtests: ["c"] },
    ]);
  });

  test("an update of one kind of realm leaves the other's entries", () => {
    const entries: Entry[] = [{ reason: "browser-only", realm: "host", subtests: ["a"] }];
    expect(updated(entries, { isolate: file({ a: "pass", b: "fail" }) })).toEqual([
      { reason: "browser-only", realm: "host", subtests: ["a"] },
      { reason: "not-built-yet", realm: "isolate", subtests: ["b"] },
    ]);
  });
});

test("the page has a row for each area, and says when each column was measured", () => {
  const score = { passed: 3, total: 4, files: 1, filesTotal: 1 };
  const column = (name: string, version: string, date: string): Column => ({ name, version, date, scores: { url: score } });
  const page = conformancePage({
    columns: [column("nano isolate, Node 26", "0.1.0 on Node 26.1.0", "2026-02-03"), column("Deno 2.0.0", "2.0.0", "2026-01-02")],
    present: ["URL"],
    fileCount: 5,
  });
  expect(page).toContain("| Area | nano isolate, Node 26 | Deno 2.0.0 |\n");
  expect(page).toContain("| url | 3/4 (75.0%) | 3/4 (75.0%) |\n");
  for (const { name } of areas) expect(page).toContain(`\n| ${name} |`);
  expect(page).toContain("- on 2026-01-02: Deno 2.0.0\n- on 2026-02-03: nano isolate, Node 26 (0.1.0 on Node 26.1.0)\n");
  expect(page).toMatch(/### Interfaces \(43\)\n\n- `AbortController`: missing\n[^#]*- `URL`: conforming\n/);
});

test("META lines are read up to the first line of code", () => {
  const meta = metaOf("// META: script=a.js\n// a comment\n\n// META: script=b.js\n// META: timeout=long\ncode();\n// META: title=no\n");
  expect(Object.fromEntries(meta)).toEqual({ script: ["a.js", "b.js"], timeout: ["long"] });
});

test("pipes", () => {
  expect(parsePipes("header(a,b\\,c)|status(404)|gzip")).toEqual([
    { name: "header", args: ["a", "b,c"] },
    { name: "status", args: ["404"] },
    { name: "gzip", args: [] },
  ]);
});

test("a query is bytes", () => {
  const query = new Query("a=%E2%98%83&b&a=2+3");
  expect([query.get("a"), query.get("b"), query.has("c")]).toEqual(["\xe2\x98\x83", "", false]);
});

test("substitution", () => {
  const hosts = { host: "localhost", other: "127.0.0.1", ports: { http: [1, 2], https: [3, 4] } };
  const text = "{{host}}:{{ports[http][1]}} {{domains[www1]}} {{GET[q]}} {{unknown}}";
  expect(substitute(text, hosts, new URL("http://localhost:1/a?q=x"))).toBe("localhost:2 127.0.0.1 x {{unknown}}");
});

test("the certificate is one, for its hosts, of the authority", () => {
  const { cert, authority } = makeCertificate(["localhost", "127.0.0.1"]);
  const [certificate, issuer] = [new X509Certificate(cert), new X509Certificate(authority)];
  expect([issuer.ca, issuer.verify(issuer.publicKey)]).toEqual([true, true]);
  expect([certificate.ca, certificate.checkIssued(issuer), certificate.verify(issuer.publicKey)]).toEqual([false, true, true]);
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(Date.now());
});
