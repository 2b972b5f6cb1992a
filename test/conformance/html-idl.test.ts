/**
 * The shapes of the HTML standard's interfaces, by idlharness. The suite's own file for them (html/dom/idlharness) wants
 * a browser's; this one asks for those that nano has.
 */
import { expect, test } from "vitest";
// @ts-expect-error A script without types.
import { fetchSuite } from "../../scripts/wpt/fetch.mjs";
import { jobOf } from "./job.ts";
import { runInIsolate } from "./realm-isolate.ts";
import { startServer } from "./server/server.ts";

const interfaces = ["ErrorEvent", "MessageChannel", "MessageEvent", "MessagePort", "PromiseRejectionEvent"];
const dependencies = [
  ...["dom", "SVG", "cssom", "touch-events", "pointerevents", "uievents", "performance-timeline", "trusted-types", "wai-aria"],
  ...["referrer-policy", "service-workers", "fetch", "url", "hr-time", "FileAPI", "xhr"],
];
const objects = {
  ErrorEvent: ['new ErrorEvent("x")'],
  MessageChannel: ["new MessageChannel()"],
  MessageEvent: ['new MessageEvent("x")'],
  MessagePort: ["new MessageChannel().port1"],
  PromiseRejectionEvent: ['new PromiseRejectionEvent("x", { promise: Promise.resolve() })'],
};

/** They name interfaces of windows: idlharness looks for WindowProxy. */
const browserOnly = ['MessageEvent interface: new MessageEvent("x") must inherit property "source" with the proper type'];

await fetchSuite();

test("ErrorEvent, PromiseRejectionEvent and messaging look as html.idl says", { timeout: 60_000 }, async () => {
  const server = await startServer();
  try {
    const job = await jobOf(
      {
        area: "html/webappapis",
        id: "html-idl",
        // Any file of the suite that uses idlharness: its own text is not run.
        file: "xhr/idlharness.any.js",
        variant: `?include=(${interfaces.join("|")})`,
        scripts: ["common/subset-tests-by-key.js", "resources/WebIDLParser.js", "resources/idlharness.js"],
        title: "html.idl",
        timeMax: 30_000,
      },
      server,
    );
    const own = job.scripts.find(({ name }) => name.endsWith("/xhr/idlharness.any.js"))!;
    own.source = `idl_test(["html"], ${JSON.stringify(dependencies)}, (idl) => idl.add_objects(${JSON.stringify(objects)}));`;
    const { outcome, message, subtests } = await runInIsolate(job);
    expect([outcome, message]).toEqual(["ok", null]);
    expect(subtests.length).toBeGreaterThan(80);
    const failed = subtests.filter(({ status }) => status !== "pass").map(({ name }) => name);
    expect(failed).toEqual(browserOnly);
  } finally {
    await server.close();
  }
});
