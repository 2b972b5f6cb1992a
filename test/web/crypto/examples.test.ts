/**
 * The examples of Web Crypto, run as their heads say.
 */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { nano } from "../../support/cli.ts";

const cwd = fileURLToPath(new URL("../../..", import.meta.url));

test("examples/aes-gcm.ts", async () => {
  const { code, stdout, stderr } = await nano(["run", "examples/aes-gcm.ts"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe("74 bytes: The treasure is under the oak.\none bit changed: OperationError\n");
});

test("examples/ecdsa-jwt.ts", async () => {
  const { code, stdout, stderr } = await nano(["run", "examples/ecdsa-jwt.ts"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe("parts: 3\nclaims: { sub: 'ada', admin: true }\nforged: the token's signature is wrong\n");
});
