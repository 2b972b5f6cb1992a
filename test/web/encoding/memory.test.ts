/**
 * Long strings that own their characters: garbage of them is collected, in a small isolate and in Node's realm. Each test
 * has a process of its own.
 */
import { expect, test } from "vitest";
import { ended, run } from "../../bridge/child.ts";

const work = `
  const text = "Größe: 10 €, 東京, 😀 and text. ".repeat(4000);
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  const ascii = "x".repeat(300_000);
  let count = 0;
  for (let index = 0; index < 400; index++) if (decoder.decode(bytes).length === text.length) count++;
  for (let index = 0; index < 200; index++) if (atob(btoa(ascii)).length === ascii.length) count++;`;

test("an isolate of 32 MiB makes many times its memory of them", async () => {
  const source = `
    const isolate = await Isolate.create({ memoryLimit: 32 * 1024 * 1024 });
    const { count } = await isolate.run({ code: ${JSON.stringify(`${work} export { count };`)} });
    process.stdout.write(String(count));
    await isolate.dispose();`;
  expect(await run(source, { timeout: 120_000 })).toEqual(ended("600"));
}, 120_000);

test("Node's process stays below 400 MB, and strings outlive others", async () => {
  const source = `
    const { TextDecoder, TextEncoder, atob, btoa } = nano;
    const kept = new TextDecoder().decode(new TextEncoder().encode("東京".repeat(50_000)));
    ${work}
    const isKept = kept === "東京".repeat(50_000);
    process.stdout.write([count, isKept, process.memoryUsage.rss() < 400e6].join());`;
  expect(await run(source, { timeout: 120_000 })).toEqual(ended("600,true,true"));
}, 120_000);
