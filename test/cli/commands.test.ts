/** The commands besides `run`, without a process: what they print and what they refuse. */
import { afterEach, expect, test, vi } from "vitest";
import { build } from "../../src-ts/cli/build.ts";
import { conformance } from "../../src-ts/cli/conformance.ts";
import { conformanceList, requiredNames } from "../../src-ts/cli/conformance-list.ts";
import { UsageError } from "../../src-ts/cli/report.ts";
import { run } from "../../src-ts/cli/run.ts";

afterEach(() => void vi.restoreAllMocks());

async function printed(call: () => unknown): Promise<{ code: unknown; text: string }> {
  let text = "";
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  return { code: await call(), text };
}

test("help", async () => {
  expect(await printed(() => run(["--help"]))).toMatchObject({ code: 0, text: expect.stringMatching(/^Usage: nano run/) });
  expect(await printed(() => build(["-h"]))).toMatchObject({ code: 0, text: expect.stringMatching(/^Usage: nano build/) });
  expect(await printed(() => conformance(["--help"]))).toMatchObject({ code: 0, text: expect.stringMatching(/^Usage: nano conformance/) });
});

test("what is refused", async () => {
  expect(() => build(["--fast"])).toThrow(UsageError);
  expect(() => build(["--fast"])).toThrow('nano build takes no arguments, got "--fast"');
  await expect(conformance(["--xml"])).rejects.toThrow('nano conformance: there is no "--xml"; --json and --help are there');
  await expect(run([])).rejects.toThrow(UsageError);
});

test("conformance prints each name of the standard with its state", async () => {
  const { text } = await printed(() => conformance([]));
  const names = requiredNames.flatMap(([, list]) => list);
  for (const name of names)
    expect(text).toMatch(new RegExp(`^ {2}${name.replaceAll(".", "\\.")} +(conforming|deviates: .+|missing.*)$`, "m"));
  expect(text).toMatch(new RegExp(`^${names.length} names: \\d+ conforming, \\d+ deviating, \\d+ missing$`, "m"));
  const groups = JSON.parse((await printed(() => conformance(["--json"]))).text) as { items: { name: string }[] }[];
  expect(groups.flatMap(({ items }) => items.map(({ name }) => name))).toEqual(names);
});

test("a name that is not there is missing, whatever else is known of it", () => {
  const items = conformanceList((name) => name !== "URL" && name !== "fetch").flatMap((group) => group.items);
  expect(items.find(({ name }) => name === "URL")).toEqual({ name: "URL", state: "missing" });
  expect(items.find(({ name }) => name === "fetch")).toMatchObject({ state: "missing", because: expect.any(String) });
  expect(items.find(({ name }) => name === "Headers")).toMatchObject({ state: "deviates" });
  expect(items.find(({ name }) => name === "Blob")).toEqual({ name: "Blob", state: "conforming" });
});
