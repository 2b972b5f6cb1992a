/** `npm run interop` with what this machine has: servers that others wrote say the same to fetch by HTTP/1.1 and HTTP/2, in both realms. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/interop.mjs", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [script, ...args], { timeout: 170_000 });

test.for(["nginx", "apache", "haproxy", "lighttpd", "caddy", "h2o", "nghttpd"])("%s", { timeout: 180_000 }, async (name, { skip }) => {
  const { stdout, stderr } = await run(name);
  if (stdout === `${name}: not installed\n`) return skip();
  expect(stderr).toBe("");
  const lines = stdout.trim().split("\n");
  // nghttpd speaks HTTP/2 only.
  expect(lines.length).toBe(name === "nghttpd" ? 2 : 4);
  for (const line of lines) expect(line).toMatch(/: (\d+) of \1$/);
});

test("a server that is not known", async () => {
  await expect(run("iis")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('no server "iis"; there are nginx, apache') });
});
