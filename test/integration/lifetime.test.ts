/**
 * What the seven fixes in one go leave behind when they are cut in the middle of each step: no descriptor, no handle, no
 * byte of a buffer; and results come whole from one realm to another.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as globals from "../../src-ts/index.ts";
import { expectDescriptors, openDescriptors } from "../support/descriptors.ts";
import { start } from "./pairs.server.ts";
import { type Step, steps, whole } from "./whole.ts";

// Before the first isolate: it makes `gc` a global in all of them.
setFlagsFromString("--expose-gc");

const size = 3 << 20;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let server: Awaited<ReturnType<typeof start>>;
let code: string;
beforeAll(async () => {
  server = await start();
  const bundle = await build({
    stdin: {
      contents: `
        import { whole } from "./whole.ts";
        globalThis.whole = whole;`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
  });
  code = bundle.outputFiles[0]!.text;
});
afterAll(() => server.close());

/** Cuts at a step, and `delay` ms later. */
async function cut(step: Step, delay: number): Promise<string> {
  const controller = new globals.AbortController();
  const abort = () => controller.abort("cut");
  const reached = (at: Step): void => {
    if (at === step) delay === 0 ? abort() : setTimeout(abort, delay);
  };
  const options = { server: server.context.server, size, signal: controller.signal, reached };
  return whole(globals, options).then(() => "done", String);
}

describe("Node's realm", () => {
  test("cut at every step, at once and a little later: nothing stays open", async () => {
    await whole(globals, { server: server.context.server, size });
    const before = openDescriptors();
    for (const delay of [0, 1, 3]) {
      const outcomes = await Promise.all(steps.map((step) => cut(step, delay)));
      expect(outcomes.filter((outcome) => outcome !== "cut" && outcome !== "done")).toEqual([]);
      if (delay === 0) expect(outcomes.filter((outcome) => outcome === "cut").length).toBeGreaterThanOrEqual(6);
    }
    await expectDescriptors(before + 2);
  });
});

describe("an isolate", () => {
  test("cut at every step: handles and buffers are back to where they began", async () => {
    const isolate = await globals.Isolate.create({ network: { allow: ["@loopback"] } });
    try {
      await isolate.run({ code });
      const run = (body: string) =>
        isolate.eval(`(async () => {
          const options = ${JSON.stringify({ server: server.context.server, size })};
          ${body}
        })()`);
      /** What is left when no more than that is, or after half a minute: connections end, the collector finds what is dead. */
      const settled = async (buffers_max: number) => {
        for (let times = 0; ; times++) {
          await isolate.eval("gc()");
          const { handles, buffers } = await isolate.stats();
          if ((handles === 0 && buffers < buffers_max) || times === 600) return { handles, buffers };
          await pause(50);
        }
      };
      await run("await whole(globalThis, options);");
      const before = await settled(1 << 20);
      expect(before.handles).toBe(0);
      for (const delay of [0, 2]) {
        for (const step of steps) {
          const outcome = await run(`
            const controller = new AbortController();
            const cut = () => controller.abort("cut");
            const reached = (at) => { if (at === ${JSON.stringify(step)}) ${delay} === 0 ? cut() : setTimeout(cut, ${delay}); };
            return whole(globalThis, { ...options, signal: controller.signal, reached }).then(() => "done", String);`);
          expect(["done", "cut"]).toContain(outcome);
        }
      }
      // Less than one chunk of a body: what V8's own objects take may differ.
      const buffers_max = before.buffers + 16_384;
      const after = await settled(buffers_max);
      expect(after.handles).toBe(0);
      expect(after.buffers).toBeLessThan(buffers_max);
    } finally {
      await isolate.dispose();
    }
  });

  test("disposed at every step: no descriptor stays, every call settles", async () => {
    const before = openDescriptors();
    await Promise.all(
      steps.map(async (step) => {
        const isolate = await globals.Isolate.create({
          network: { allow: ["@loopback"] },
          stdout: (text) => text.includes("now") && void isolate.dispose(),
        });
        await isolate.run({ code });
        const reached = `(at) => { if (at === ${JSON.stringify(step)}) console.log("now"); }`;
        const server_ = JSON.stringify(server.context.server);
        const outcome = await isolate
          .eval(`whole(globalThis, { server: ${server_}, size: ${size}, reached: ${reached} }).then(() => "done")`)
          .catch((error: { code: string }) => error.code);
        expect(["done", "ERR_DISPOSED"]).toContain(outcome);
        await isolate.dispose();
      }),
    );
    await expectDescriptors(before + 2);
  });

  test("its results come whole to Node, and from there to another isolate", async () => {
    const [one, two] = await Promise.all([globals.Isolate.create({ network: { allow: ["@loopback"] } }), globals.Isolate.create()]);
    try {
      await one.run({ code });
      const result = (await one.eval(`whole(globalThis, ${JSON.stringify({ server: server.context.server, size })})`)) as Awaited<
        ReturnType<typeof whole>
      >;
      expect(result.hash).toBeInstanceOf(ArrayBuffer);
      expect(Buffer.from(result.hash).toString("hex")).toBe(result.expected);
      expect(result.answer.sha256).toBe(result.expected);
      expect(result.seen).toBeInstanceOf(Map);
      // Out of one isolate's bytes, into the other's, back: the same.
      const bytes = (await two.eval(`Uint8Array.from(${JSON.stringify([...new Uint8Array(result.hash)])})`)) as Uint8Array;
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(createHash("sha256").update(new Uint8Array(result.hash)).digest("hex"));
    } finally {
      await Promise.all([one.dispose(), two.dispose()]);
    }
  });
});
