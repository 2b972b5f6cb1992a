/**
 * The shapes of interfaces for which the suite has no idlharness file that runs here, by idlharness: html/dom/idlharness
 * wants all that a browser has, and urlpattern/ has none.
 */
import { expect, test } from "vitest";
// @ts-expect-error A script without types.
import { fetchSuite } from "../../scripts/wpt/fetch.mjs";
import { jobOf } from "./job.ts";
import { runInIsolate } from "./realm-isolate.ts";
import { startServer } from "./server/server.ts";

interface Specification {
  /** Names of interfaces/*.idl. */
  idl: string;
  dependencies: string[];
  area: string;
  /** Expressions that make objects, by interface. */
  objects: Record<string, string[]>;
  subtests_min: number;
  /** They name what only windows have. */
  browserOnly: string[];
}

const specifications: Specification[] = [
  {
    idl: "html",
    dependencies: [
      ...["dom", "SVG", "cssom", "touch-events", "pointerevents", "uievents", "performance-timeline", "trusted-types", "wai-aria"],
      ...["referrer-policy", "service-workers", "fetch", "url", "hr-time", "FileAPI", "xhr"],
    ],
    area: "html/webappapis",
    objects: {
      ErrorEvent: ['new ErrorEvent("x")'],
      MessageChannel: ["new MessageChannel()"],
      MessageEvent: ['new MessageEvent("x")'],
      MessagePort: ["new MessageChannel().port1"],
      PromiseRejectionEvent: ['new PromiseRejectionEvent("x", { promise: Promise.resolve() })'],
    },
    subtests_min: 80,
    // idlharness looks for WindowProxy.
    browserOnly: ['MessageEvent interface: new MessageEvent("x") must inherit property "source" with the proper type'],
  },
  {
    idl: "urlpattern",
    dependencies: [],
    area: "urlpattern",
    objects: { URLPattern: ["new URLPattern()"] },
    subtests_min: 30,
    browserOnly: [],
  },
];

await fetchSuite();

test.each(specifications)("interfaces of $idl", async (specification) => {
  const { idl, dependencies, area, objects, subtests_min, browserOnly } = specification;
  const server = await startServer();
  try {
    const job = await jobOf(
      {
        area,
        id: `${idl}-idl`,
        // Any file of the suite that uses idlharness: its own text is not run.
        file: "xhr/idlharness.any.js",
        variant: `?include=(${Object.keys(objects).join("|")})`,
        scripts: ["common/subset-tests-by-key.js", "resources/WebIDLParser.js", "resources/idlharness.js"],
        title: `${idl}.idl`,
        timeMax: 30_000,
      },
      server,
    );
    const own = job.scripts.find(({ name }) => name.endsWith("/xhr/idlharness.any.js"))!;
    own.source = `idl_test(["${idl}"], ${JSON.stringify(dependencies)}, (idl) => idl.add_objects(${JSON.stringify(objects)}));`;
    const { outcome, message, subtests } = await runInIsolate(job);
    expect([outcome, message]).toEqual(["ok", null]);
    expect(subtests.length).toBeGreaterThan(subtests_min);
    const failed = subtests.filter(({ status }) => status !== "pass").map(({ name }) => name);
    expect(failed).toEqual(browserOnly);
  } finally {
    await server.close();
  }
});
