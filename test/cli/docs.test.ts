/** Files that the documents name are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = ["native", "src-ts", "scripts", "test", "examples", "docs"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`),
);

test.each(["docs/ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])("%s", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  const named = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|zig|cc|h|json|md))`|\]\((\w[^)]*)\)/g)].map((match) => match[1] ?? match[2]!);
  expect(named.length).toBeGreaterThan(1);
  // A bare name is one of a folder that the sentence names.
  const missing = named.filter((name) => !existsSync(join(root, name)) && !files.some((file) => file.endsWith(`/${name}`)));
  expect(missing.filter((name) => !name.startsWith("dist/"))).toEqual([]);
});
