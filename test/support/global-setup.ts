/**
 * Before vitest: builds what is not fresh (nothing when all is), so that a run never tests yesterday's addon or
 * isolate bundle. NANO_NO_BUILD=1 skips it, for scripts/test-nodes.mjs, which has built for its Node.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export default function build(): void {
  if (process.env.NANO_NO_BUILD === "1") return;
  const script = fileURLToPath(new URL("../../scripts/build.mjs", import.meta.url));
  const { status } = spawnSync(process.execPath, [script, "--only", "core,bundles,addon"], { stdio: "inherit" });
  if (status !== 0) console.error("\nTHE BUILD FAILED: what is tested now is the last build that worked, if there is one.\n");
}
