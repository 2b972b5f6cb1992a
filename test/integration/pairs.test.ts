/**
 * Which of the seven fixes are tested together: every pair is, and pairs.md says by how many cases. After a change of the
 * cases `npx vitest run test/integration/pairs.test.ts -u` writes it anew.
 */
import { expect, test } from "vitest";
import { type Fix, fixes } from "./fixes.ts";
import { combinations as pairs } from "./pairs.contract.ts";
import { combinations as whole } from "./whole.contract.ts";

const names = Object.keys(fixes) as Fix[];

/** The cases of two fixes; of a fix with itself, all that it is in. */
const casesWith = (one: Fix, two: Fix): string[] =>
  pairs.filter((each) => each.fixes.includes(one) && each.fixes.includes(two)).map(({ name }) => name);

const everyPair = names.flatMap((one, index) => names.slice(index + 1).map((two) => [one, two] as const));

test("every pair of fixes has a case of its own", () => {
  const missing = everyPair.filter(([one, two]) => casesWith(one, two).length === 0).map((pair) => pair.join(" + "));
  expect(missing).toEqual([]);
});

test("the table of pairs", async () => {
  const row = (cells: readonly unknown[]): string => `| ${cells.join(" | ")} |`;
  const lines = [
    "# The seven fixes together",
    "",
    "How many cases of `pairs.contract.ts` combine two of them; each runs in Node's realm and in an isolate. Another",
    `${whole.length}, in \`whole.contract.ts\`, combine all. Written by \`pairs.test.ts\`.`,
    "",
    row(["", ...names]),
    row(["", ...names].map(() => "---")),
    ...names.map((one) => row([`**${one}**`, ...names.map((two) => casesWith(one, two).length)])),
    "",
    ...names.map((name) => `- **${name}**: ${fixes[name]}`),
    "",
    row(["Pair", "What is tested"]),
    row(["---", "---"]),
    ...everyPair.map(([one, two]) => row([`${one} + ${two}`, casesWith(one, two).join("; ")])),
    "",
  ];
  await expect(lines.join("\n")).toMatchFileSnapshot("pairs.md");
});
