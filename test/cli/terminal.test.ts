/**
 * Colours: what a script prints on a terminal, in a pipe, and by NO_COLOR and FORCE_COLOR, is what the same script prints in
 * Node there. Python, which node-gyp needs anyway, makes the terminal.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { cliFile, folderWith } from "../support/cli.ts";

const script = `
const value = { n: 1, s: "it's", nested: [null, undefined, true, 1n, Symbol("y")], when: new Date(0), fn() {} };
console.log("text", value, "s", -0);
console.log("%s %d %o %O %j %%", { a: 1 }, 2, [3], { b: [4] }, { c: 5 }, 6, new Map([["k", new Set([7])]]));
console.error(value);
console.assert(false, "text %o", { a: 1 });
console.table([{ name: "ü", size: 1 }, { name: "東京", other: true }]);
console.table(new Map([["a", 1]]));
console.group("group", 1);
console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
console.dir([1], { colors: false });
console.groupEnd();
console.warn(new Error("message").message, [Infinity]);
console.clear();
console.log("last");
`;

const folder = folderWith({ "script.mjs": script });
afterAll(() => folder.remove());

const terminal = `
import os, pty, sys
code = pty.spawn(sys.argv[1:])
sys.exit(os.WEXITSTATUS(code))
`;

interface Where {
  isTerminal: boolean;
  env: Record<string, string>;
}

async function printed(command: string[], { isTerminal, env }: Where): Promise<string> {
  const { NO_COLOR, FORCE_COLOR, COLORTERM, CI, ...inherited } = process.env;
  const given = { ...inherited, TERM: "xterm-256color", NODE_NO_WARNINGS: "1", ...env };
  const [file, ...args] = [...(isTerminal ? ["python3", "-c", terminal] : []), ...command] as [string, ...string[]];
  const running = promisify(execFile)(file, args, { cwd: folder.path, env: given });
  running.child.stdin!.end();
  const { stdout, stderr } = await running;
  return stdout + stderr;
}

const node = (where: Where) => printed([process.execPath, "script.mjs"], where);
const nano = (where: Where) => printed([process.execPath, cliFile, "run", "script.mjs"], where);

const csi = "\u001b[";

describe("as Node's console", () => {
  test.each<[name: string, where: Where, hasColors: boolean]>([
    ["a terminal", { isTerminal: true, env: {} }, true],
    ["a terminal, NO_COLOR", { isTerminal: true, env: { NO_COLOR: "1" } }, false],
    ["a terminal that is dumb", { isTerminal: true, env: { TERM: "dumb" } }, false],
    ["a terminal, FORCE_COLOR=0", { isTerminal: true, env: { FORCE_COLOR: "0" } }, false],
    ["a terminal, FORCE_COLOR over NO_COLOR", { isTerminal: true, env: { FORCE_COLOR: "1", NO_COLOR: "1" } }, true],
    ["a pipe", { isTerminal: false, env: {} }, false],
    ["a pipe, COLORTERM", { isTerminal: false, env: { COLORTERM: "truecolor" } }, false],
    ["a pipe, FORCE_COLOR", { isTerminal: false, env: { FORCE_COLOR: "1" } }, true],
  ])("%s", async (_, where, hasColors) => {
    const [ours, theirs] = await Promise.all([nano(where), node(where)]);
    expect(ours).toBe(theirs);
    expect(ours.includes(`${csi}33m1${csi}39m`)).toBe(hasColors);
  });
});

test("an isolate whose output a callback takes has no colours on a terminal", async () => {
  const main = `
    import { Isolate } from ${JSON.stringify(join(import.meta.dirname, "../../dist/index.js"))};
    const isolate = await Isolate.create({ stdout: (text) => process.stdout.write("<" + text + ">") });
    await isolate.run({ code: "console.log([1]); console.error([2]); console.clear()", filename: "/a.js" });
    await isolate.dispose();`;
  const out = await printed([process.execPath, "--input-type=module", "-e", main], { isTerminal: true, env: {} });
  expect(out).toContain("<[ 1 ]\r\n>");
  expect(out).toContain(`[ ${csi}33m2${csi}39m ]`);
  expect(out).not.toContain(`${csi}1;1H`);
});
