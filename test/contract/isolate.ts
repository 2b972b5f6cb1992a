/**
 * The isolate side of the contract suite: bundles one contract file with chai and runs it in an isolate.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Isolate } from "../../src-ts/sdk/index.ts";
import type { Context } from "./cases.ts";
import type { Outcomes } from "./inside.ts";

/**
 * Of one case, in milliseconds: as in Node's realm (testTimeout in vitest.config.ts). Under sanitizers everything takes longer:
 * scripts/sanitize.mjs says how much.
 */
const case_time_max = 15_000 * Number(process.env.NANO_PATIENCE ?? 1);

const inside = fileURLToPath(new URL("./inside.ts", import.meta.url));

/** The module that an isolate runs: it exports the outcome of every case. */
export async function bundleCases(contractFile: string, context: Context): Promise<string> {
  const result = await build({
    stdin: {
      contents: `
        import cases from ${JSON.stringify(contractFile)};
        import { runCases } from ${JSON.stringify(inside)};
        export const outcomes = await runCases(cases, ${JSON.stringify(context)}, ${case_time_max});`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    // Class and function names show in messages.
    keepNames: true,
    logLevel: "silent",
  });
  return result.outputFiles[0]!.text;
}

export async function runInIsolate(contractFile: string, context: Context): Promise<Outcomes> {
  const code = await bundleCases(contractFile, context);
  const isolate = await Isolate.create({ network: { allow: "*" } });
  try {
    const exports = (await isolate.run({ code, filename: `${contractFile}.js` })) as { outcomes: Outcomes };
    return exports.outcomes;
  } finally {
    await isolate.dispose();
  }
}
