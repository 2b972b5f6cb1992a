/** scripts/smoke.mjs, which `npm run build:cmake` holds its addon to, speaks to the addon as it is now. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
// @ts-expect-error A script without types.
import { platformName, root } from "../../scripts/build/toolchain.mjs";

test("the addon that was built passes", async () => {
  const script = fileURLToPath(new URL("../../scripts/smoke.mjs", import.meta.url));
  const addon = `${root}/dist/native/${platformName()}/abi-${process.versions.modules}/nano.node`;
  const { stdout } = await promisify(execFile)(process.execPath, [script, addon]);
  expect(stdout).toBe(`${addon} works\n`);
});
