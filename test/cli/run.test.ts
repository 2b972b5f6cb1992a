import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { cliFile, folderWith, nano } from "../support/cli.ts";

const folders: { remove(): void }[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

function files(all: Record<string, string | Uint8Array>): string {
  const folder = folderWith(all);
  folders.push(folder);
  return folder.path;
}

describe("what runs", () => {
  test.each(["a.js", "a.mjs", "a.ts", "a.mts"])("%s", async (name) => {
    const typed = name.includes("ts") ? "const text: string = 'hello'; interface Unused { a: 1 }" : "const text = 'hello';";
    const cwd = files({ [name]: `${typed}\nconsole.log(text, 1n, [2]);` });
    expect(await nano(["run", name], { cwd })).toEqual({ code: 0, signal: null, stdout: "hello 1n [ 2 ]\n", stderr: "" });
  });

  test("a file without an extension that begins with #!", async () => {
    const cwd = files({ tool: "#!/usr/bin/env -S nano run\nconsole.log('tool')" });
    expect((await nano(["run", "./tool"], { cwd })).stdout).toBe("tool\n");
  });

  test("standard input, with imports from the working folder", async () => {
    const cwd = files({ "b.mjs": "export const b = 2;" });
    const result = await nano(["run", "-", "x"], { cwd, stdin: 'import { b } from "./b.mjs"; console.log(b, CLI.args)' });
    expect(result).toMatchObject({ code: 0, stdout: "2 [ 'x' ]\n", stderr: "" });
  });

  test("-e, with arguments", async () => {
    const result = await nano(["run", "-e", "console.log(CLI.args)", "--", "-a", "b c"]);
    expect(result).toMatchObject({ code: 0, stdout: "[ '-a', 'b c' ]\n" });
    expect(await nano(["run", "--eval=console.log(1)", "x"])).toMatchObject({ code: 0, stdout: "1\n" });
  });

  test("options after FILE are the script's", async () => {
    const cwd = files({ "a.mjs": "console.log(CLI.args)" });
    expect((await nano(["run", "a.mjs", "--env", "-e", "--help"], { cwd })).stdout).toBe("[ '--env', '-e', '--help' ]\n");
  });

  test("modules: static, dynamic, JSON, TypeScript, cycles, top-level await", async () => {
    const cwd = files({
      "main.ts": `
        import { a } from "./a.mjs";
        import data from "./data.json" with { type: "json" };
        import type { Unused } from "./nowhere.ts";
        const { late } = await import("./late.mts");
        const again: unknown = (await import("./data.json", { with: { type: "json" } })).default;
        console.log(a(), data.list, late, again === data);`,
      "a.mjs": 'import { b } from "./b.mjs"; export const a = () => b + 1; export const base = 1;',
      "b.mjs": 'import { base } from "./a.mjs"; export const b = 41; export const read = () => base;',
      "late.mts": "export const late: string = await Promise.resolve('late');",
      "data.json": '{ "list": [1, 2] }',
    });
    expect(await nano(["run", "main.ts"], { cwd })).toMatchObject({ code: 0, stdout: "42 [ 1, 2 ] late true\n", stderr: "" });
  });

  test("ES module packages, by exports and conditions", async () => {
    const cwd = files({ "main.mjs": 'import { name } from "pkg"; import sub from "pkg/sub"; console.log(name, sub);' });
    mkdirSync(join(cwd, "node_modules/pkg"), { recursive: true });
    writeFileSync(
      join(cwd, "node_modules/pkg/package.json"),
      JSON.stringify({ name: "pkg", type: "module", exports: { ".": { node: "./node.js", default: "./web.js" }, "./sub": "./sub.js" } }),
    );
    writeFileSync(join(cwd, "node_modules/pkg/web.js"), 'export const name = "web";');
    writeFileSync(join(cwd, "node_modules/pkg/node.js"), 'export const name = "node";');
    writeFileSync(join(cwd, "node_modules/pkg/sub.js"), "export default 7;");
    expect(await nano(["run", "main.mjs"], { cwd })).toMatchObject({ code: 0, stdout: "web 7\n", stderr: "" });
  });

  test("import.meta", async () => {
    const cwd = files({
      "m.mjs":
        'import "./d.mjs"; const { url, filename, dirname, main } = import.meta; console.log(url, filename, dirname, main, import.meta.resolve("./x y.js"));',
      "d.mjs": "console.log(import.meta.main)",
    });
    const file = join(cwd, "m.mjs");
    const { stdout } = await nano(["run", file]);
    expect(stdout).toBe(`false\n${pathToFileURL(file).href} ${file} ${cwd} true ${pathToFileURL(join(cwd, "x y.js")).href}\n`);
  });

  test("nothing of Node is there", async () => {
    const names = ["process", "require", "module", "exports", "Buffer", "global", "__filename", "setImmediate", "clearImmediate"];
    const { stdout } = await nano(["run", "-e", `console.log(${names.map((name) => `typeof ${name}`).join(", ")})`]);
    expect(stdout).toBe(`${names.map(() => "undefined").join(" ")}\n`);
  });

  test("the script goes on until its timers are done", async () => {
    const result = await nano(["run", "-e", "setTimeout(() => console.log('later'), 30); console.log('now')"]);
    expect(result).toMatchObject({ code: 0, stdout: "now\nlater\n" });
  });

  test("console.error goes to standard error", async () => {
    expect(await nano(["run", "-e", "console.error('e'); console.log('o')"])).toMatchObject({ code: 0, stdout: "o\n", stderr: "e\n" });
  });
});

describe("the CLI global", () => {
  test("exit", async () => {
    expect(await nano(["run", "-e", "console.log(1); CLI.exit(7); console.log(2)"])).toMatchObject({ code: 7, stdout: "1\n", stderr: "" });
    expect(await nano(["run", "-e", "setTimeout(() => CLI.exit(), 5); setTimeout(() => console.log('no'), 5000)"])).toMatchObject({
      code: 0,
      stdout: "",
    });
  });

  test("env holds nothing that is not passed", async () => {
    expect((await nano(["run", "-e", "console.log(CLI.env)"], { env: { SECRET: "1" } })).stdout).toBe("{}\n");
  });

  test("--env NAME, --env NAME=VALUE, --env '*'", async () => {
    const code = "console.log(JSON.stringify(CLI.env))";
    const env = { NANO_TEST_A: "a", NANO_TEST_B: "b" };
    expect(
      JSON.parse((await nano(["run", "--env", "NANO_TEST_A", "--env", "C=c=d", "--env=NOT_SET_AT_ALL", "-e", code], { env })).stdout),
    ).toEqual({
      NANO_TEST_A: "a",
      C: "c=d",
    });
    expect(JSON.parse((await nano(["run", "--env", "*", "--env", "NANO_TEST_B=2", "-e", code], { env })).stdout)).toMatchObject({
      NANO_TEST_A: "a",
      NANO_TEST_B: "2",
    });
  });

  test("--env-file, repeated; what comes later wins", async () => {
    const cwd = files({ "1.env": "A=1\nB=one # comment\nC='x y'\n", "2.env": "B=two\n" });
    const result = await nano(
      ["run", "--env-file", "1.env", "--env-file=2.env", "--env", "A=9", "-e", "console.log(JSON.stringify(CLI.env))"],
      { cwd },
    );
    expect(JSON.parse(result.stdout)).toEqual({ A: "9", B: "two", C: "x y" });
  });
});

describe("how it fails", () => {
  test("an uncaught error: file, line, column, stack; exit code 1", async () => {
    const cwd = files({ "t.ts": "type A = string;\nfunction f(a: A): never {\n  throw new TypeError('bad ' + a);\n}\nf('x');\n" });
    const { code, stdout, stderr } = await nano(["run", "t.ts"], { cwd });
    const url = pathToFileURL(join(cwd, "t.ts")).href;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("TypeError: bad x\n");
    expect(stderr).toContain(`at f (${url}:3:9)`);
    expect(stderr).toContain(`at ${url}:5:1`);
    expect(stderr).toContain("  throw new TypeError('bad ' + a);\n        ^");
  });

  test("cause is shown", async () => {
    const { stderr } = await nano(["run", "-e", "throw new Error('outer', { cause: new RangeError('inner') })"]);
    expect(stderr).toContain("Error: outer");
    expect(stderr).toContain("[cause]: RangeError: inner");
  });

  test.each([
    ["a rejection", "Promise.reject(new RangeError('gone'))"],
    ["a rejected top-level await", "await Promise.reject(new RangeError('gone'))"],
    ["a timer's callback", "setTimeout(() => { throw new RangeError('gone') }, 1); setTimeout(() => console.log('no'), 3000)"],
    ["a microtask", "queueMicrotask(() => { throw new RangeError('gone') })"],
  ])("%s", async (_, source) => {
    const { code, stdout, stderr } = await nano(["run", "-e", source]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/RangeError: gone\n\s+at .*eval.*:1:\d+/);
  });

  test("values that are no errors", async () => {
    expect((await nano(["run", "-e", "throw { a: 1 }"])).stderr).toContain("{ a: 1 }");
    expect((await nano(["run", "-e", "throw 'text'"])).stderr).toContain("text");
    expect(await nano(["run", "-e", "throw undefined"])).toMatchObject({ code: 1, stderr: expect.stringContaining("undefined") });
  });

  test("a syntax error: file, line, caret", async () => {
    const cwd = files({ "s.mjs": "let a = 1;\n  foo bar;\n", "s.ts": "let a: number = 1;\nlet b: = 2;\n", "e.ts": "\nenum A { B }\n" });
    const script = await nano(["run", "s.mjs"], { cwd });
    expect(script.code).toBe(1);
    expect(script.stderr).toBe(`${join(cwd, "s.mjs")}:2\n  foo bar;\n      ^^^\n\nSyntaxError: Unexpected identifier 'bar'\n`);
    const typed = await nano(["run", "s.ts"], { cwd });
    expect(typed.stderr).toMatch(/s\.ts:2\nlet b: = 2;\n {7}\^\n\nSyntaxError: .*s\.ts:2:8\)\n$/);
    const erased = await nano(["run", "e.ts"], { cwd });
    expect(erased.stderr).toMatch(/e\.ts:2\nenum A \{ B \}\n\^{12}\n\nSyntaxError: TypeScript enum is not supported/);
  });

  test("a missing file, in one line", async () => {
    const cwd = files({});
    const { code, stderr } = await nano(["run", "nope.ts"], { cwd });
    expect({ code, stderr }).toEqual({ code: 1, stderr: `nano: Cannot find module ${join(cwd, "nope.ts")}\n` });
  });

  test("an import that cannot be resolved, in one line with the importer", async () => {
    const cwd = files({
      "a.mjs": 'import "./b.mjs"',
      "b.mjs": 'import "./c.mjs"',
      "n.mjs": 'import "node:fs"',
      "p.mjs": 'import "left-pad"',
    });
    expect(await nano(["run", "a.mjs"], { cwd })).toMatchObject({
      code: 1,
      stderr: `nano: Cannot find module "./c.mjs" imported from ${join(cwd, "b.mjs")}\n`,
    });
    expect((await nano(["run", "n.mjs"], { cwd })).stderr).toMatch(
      /^nano: Cannot import "node:fs" imported from .*n\.mjs: Node's own modules are not there.*\n$/,
    );
    expect((await nano(["run", "p.mjs"], { cwd })).stderr).toMatch(/^nano: Cannot find package "left-pad" imported from .*p\.mjs: .*\n$/);
  });

  test("not UTF-8", async () => {
    const cwd = files({
      "l.js": Buffer.from("// caf\xe9\nconsole.log(1)", "latin1"),
      "u.js": Buffer.from("\ufeffconsole.log(1)", "utf16le"),
    });
    expect(await nano(["run", "l.js"], { cwd })).toMatchObject({
      code: 1,
      stderr: `nano: ${join(cwd, "l.js")} is not UTF-8: byte 0xe9 at offset 6 (line 1) does not belong there; save it as UTF-8\n`,
    });
    expect((await nano(["run", "u.js"], { cwd })).stderr).toContain("UTF-16");
    expect((await nano(["run", "-"], { stdin: Buffer.from([0x2f, 0x2f, 0xff]) })).stderr).toContain("standard input is not UTF-8");
  });

  test("a folder, an extension that is no module", async () => {
    const cwd = files({ "a.txt": "x", "c.cjs": "module.exports = 1" });
    expect((await nano(["run", "."], { cwd })).stderr).toContain("is a folder");
    expect((await nano(["run", "a.txt"], { cwd })).stderr).toContain('ends with ".txt"');
    expect((await nano(["run", "c.cjs"], { cwd })).stderr).toContain("CommonJS");
  });

  test("a promise that nothing can settle", async () => {
    expect(await nano(["run", "-e", "await new Promise(() => {})"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("never settles"),
    });
  });

  test.each([
    [[], "no command"],
    [["fly"], 'no command "fly"'],
    [["run"], "no file"],
    [["run", "--nope", "a.js"], "no option --nope"],
    [["run", "-e"], "-e needs code"],
    [["run", "--env-file", "/nowhere/x.env", "-e", ""], "--env-file /nowhere/x.env: there is no such file"],
    [["run", "--env", "=1", "-e", ""], '--env needs NAME, NAME=VALUE or "*", got "=1"'],
  ])("a wrong command line: %j", async (args, message) => {
    const { code, stdout, stderr } = await nano(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^nano: .*\n$/);
    expect(stderr).toContain(message);
  });
});

test("the command itself, started by its name", async () => {
  const cwd = files({ "a.env": "A=1" });
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const run = (args: string[]) => promisify(execFile)(cliFile, args, { cwd, env: { ...process.env, PATH: path } });
  expect((await run(["run", "--env-file", "a.env", "-e", "console.log(CLI.env, CLI.args)", "a b", "$c"])).stdout).toBe(
    "{ A: '1' } [ 'a b', '$c' ]\n",
  );
  await expect(run(["run", "--env-file", "none.env", "-e", ""])).rejects.toMatchObject({
    code: 2,
    stderr: "nano: --env-file none.env: there is no such file\n",
  });
});

describe("help and version", () => {
  test("--help, run --help, --version", async () => {
    expect(await nano(["--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("run FILE"), stderr: "" });
    expect(await nano(["run", "--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("--env-file FILE"), stderr: "" });
    expect(await nano(["--version"])).toMatchObject({ code: 0, stdout: "0.1.0\n" });
  });
});

describe("pipes and signals", () => {
  test.each([
    ["a script that waits", "console.log('up'); setTimeout(() => {}, 60_000)"],
    ["a script that spins", "console.log('up'); while (true);"],
  ])("Ctrl-C ends %s with 130", async (_, source) => {
    const result = await nano(["run", "-e", source], { started: (child) => child.stdout?.once("data", () => child.kill("SIGINT")) });
    expect(result).toMatchObject({ code: 130, signal: null, stdout: "up\n", stderr: "" });
  });

  test("much output through a pipe arrives whole", async () => {
    const { stdout } = await nano(["run", "-e", "for (let i = 0; i < 50_000; i++) console.log('line', i)"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBe(50_000);
    expect(lines.at(-1)).toBe("line 49999");
  });

  test("a reader that goes away is no error", async () => {
    const child = spawn("sh", [
      "-c",
      '"$0" "$1" run -e "for (let i = 0; i < 100000; i++) console.log(i)" | head -2',
      process.execPath,
      cliFile,
    ]);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    await once(child, "close");
    expect({ stdout, stderr }).toEqual({ stdout: "0\n1\n", stderr: "" });
  });
});

describe("--allow-net and --deny-net", () => {
  const code = `try { console.log((await fetch(CLI.args[0])).status) } catch ({ cause }) { console.log(cause.code, cause.rule) }`;
  const run = (...options: string[]) => nano(["run", ...options, "-e", code, "http://127.0.0.1:2/"]);

  test("all is allowed unless one of them says otherwise", async () => {
    expect((await run()).stdout).toBe("ECONNREFUSED undefined\n");
    expect((await run("--allow-net=10.0.0.0/8,@loopback:2")).stdout).toBe("ECONNREFUSED undefined\n");
    expect((await run("--allow-net", "example.com, @public", "--allow-net=a.example")).stdout).toBe(
      "ERR_NET_DENIED allow example.com, @public, a.example\n",
    );
    expect((await run("--allow-net=")).stdout).toBe("ERR_NET_DENIED allow nothing\n");
    expect((await run("--deny-net=127.0.0.0/8")).stdout).toBe("ERR_NET_DENIED deny 127.0.0.0/8\n");
  });

  test("a rule that is none", async () => {
    expect(await run("--deny-net=10.0.0.1/8")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '--deny-net: the address of a CIDR range has bits set that its length does not cover, got "10.0.0.1/8"',
      ),
    });
  });
});
