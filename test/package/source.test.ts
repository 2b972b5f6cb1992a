/**
 * `npm run test:package`: what takes minutes or installs more from npm. A package without a built addon for this Node
 * says so and is built from its sources; publint and arethetypeswrong find nothing.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installedProject, type Project } from "../support/package.ts";

const run = promisify(execFile);
let project: Project;
beforeAll(async () => {
  project = await installedProject({ without: "addons" });
}, 120_000);
afterAll(() => project?.remove(), 60_000);

test("without an addon for this Node it says what it looked for, then `nano build` makes one", async () => {
  const program = `import { Isolate } from "nano-runtime"; console.log(await (await Isolate.create()).eval("1 + 1"))`;
  const failure = await project.node("--input-type=module", "-e", program).then(
    () => "",
    (error: Error & { stderr: string }) => error.stderr,
  );
  expect(failure).toContain(`has no native addon for Node ${process.versions.node} (ABI ${process.versions.modules})`);
  expect(failure).toContain("none is built");
  expect(failure).toContain('"npx nano build" builds it from source');

  const command = join(project.path, "node_modules/.bin/nano");
  const { stdout } = await run(command, ["build"], { cwd: project.path, env: { ...process.env, NANO_CORE_OPTIMIZE: "" } });
  expect(stdout).toContain(`nano: built addon abi-${process.versions.modules}`);
  expect(await project.node("--input-type=module", "-e", program)).toBe("2\n");
}, 1_800_000);

test.each([
  ["publint@0.3.25", "publint", ["run", "--strict", "node_modules/nano-runtime"]],
  ["@arethetypeswrong/cli@0.18.5", "attw", ["--profile", "esm-only", "TARBALL"]],
])(
  "%s",
  async (name, program, args) => {
    await run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", join(project.path, "tools"), name]);
    const bin = join(project.path, "tools/node_modules/.bin", program);
    // Its exit code tells.
    await run(
      bin,
      args.map((arg) => (arg === "TARBALL" ? project.tarball : arg)),
      { cwd: project.path },
    );
  },
  120_000,
);
