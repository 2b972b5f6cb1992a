/**
 * The documents: files that they name are there, and every program in them runs and prints what they say.
 *
 * A `js` block is a program of Node, run in the package's folder, a `ts` block one of `nano run`. A `text` block right
 * after it is what it prints; without one it only has to end well. http://127.0.0.1:8080 is docs-server.ts.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderWith, nano } from "../support/cli.ts";
import { type DocsServer, documentedOrigin, startDocsServer } from "../support/docs-server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = ["native", "src-ts", "scripts", "test", "examples", "docs", "bench"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`),
);
const pages = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
/** Of blocks that no test runs. */
const otherLanguages = ["", "sh", "text", "json", "zig", "html"];

let server: DocsServer;
beforeAll(async () => {
  server = await startDocsServer();
});
afterAll(() => server.close());

describe.each([...pages, "CONTRIBUTING.md", "README.md"])("%s", (document) => {
  const text = readFileSync(join(root, document), "utf8");

  test("names files that are there", () => {
    const named = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|zig|cc|h|json|md))`|\]\((\w[^):]*)\)/g)].map((match) => match[1] ?? match[2]!);
    // A bare name is one of a folder that the sentence names.
    const missing = named
      .map((name) => name.replace(/#.*$/, ""))
      .filter(
        (name) => ![name, `docs/${name}`].some((path) => existsSync(join(root, path))) && !files.some((file) => file.endsWith(`/${name}`)),
      );
    expect(missing.filter((name) => !name.startsWith("dist/"))).toEqual([]);
  });
});

describe.each(pages)("%s", (document) => {
  const blocks = [...readFileSync(join(root, document), "utf8").matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));

  test("has only blocks of known languages", () => {
    expect(blocks.map(({ language }) => language).filter((name) => !["js", "ts", ...otherLanguages].includes(name))).toEqual([]);
  });

  const programs = blocks.flatMap((block, index) => {
    if (block.language !== "js" && block.language !== "ts") return [];
    const next = blocks[index + 1];
    return [{ name: `${block.language} ${index + 1}`, ...block, expected: next?.language === "text" ? next.text : undefined }];
  });
  test.each(programs)("$name", async ({ language, text, expected }) => {
    const program = text.replaceAll(new URL(documentedOrigin).host, new URL(server.origin).host);
    const output = language === "js" ? await runInNode(program) : await runInNano(program);
    if (expected !== undefined) expect(output.replaceAll(server.origin, documentedOrigin)).toBe(expected);
  });
});

async function runInNode(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { cwd: root });
  return stdout;
}

async function runInNano(program: string): Promise<string> {
  const folder = folderWith({ "snippet.ts": program });
  try {
    const { code, stdout, stderr } = await nano(["run", "snippet.ts"], { cwd: folder.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  } finally {
    folder.remove();
  }
}
