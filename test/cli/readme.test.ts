/**
 * Everything in README.md that can run does, and prints what the README says.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { cliFile, folderWith } from "../support/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language: language!, text: text! }));

test("the two commands come first and are what package.json has", () => {
  expect(blocks[0]!.text).toMatch(/^npm ci && npx nano run examples\/tour\.ts .*\nnpm test /);
  const { scripts, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(scripts.test).toBeTypeOf("string");
  expect(join(root, bin.nano)).toBe(cliFile);
});

const scripts = blocks.filter(({ language }) => language === "js");

test.each(scripts.map(({ text }, index) => [index + 1, text]))("JavaScript snippet %i", async (_, text) => {
  const expected = blocks[blocks.findIndex((block) => block.text === text) + 1]!;
  expect(expected.language).toBe("text");
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", text as string], { cwd: root });
  expect(stdout).toBe(expected.text);
});

test("the first program, by the command below it", async () => {
  const index = blocks.findIndex(({ language }) => language === "ts");
  const [program, command, expected] = blocks.slice(index, index + 3);
  const name = /^\/\/ (\S+)\n/.exec(program!.text)![1]!;
  const args = /^npx nano (.*)\n$/.exec(command!.text)![1]!.split(" ");
  const folder = folderWith({ [name]: program!.text });
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [cliFile, ...args], { cwd: folder.path });
    expect(stdout).toBe(expected!.text);
  } finally {
    folder.remove();
  }
});

test("no snippet is left out", () => {
  expect(blocks.map(({ language }) => language).sort()).toEqual(
    [...["sh", "ts", "sh", "text"], ...scripts.flatMap(() => ["js", "text"])].sort(),
  );
  expect(readme.split("\n").length).toBeLessThan(100);
});
