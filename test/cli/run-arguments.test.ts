/** The command line of `nano run`, without a process: what is parsed and what is refused. test/cli/run.test.ts runs it. */
import { afterEach, describe, expect, test } from "vitest";
import { UsageError } from "../../src-ts/cli/report.ts";
import { parseRunArguments } from "../../src-ts/cli/run-arguments.ts";
import { folderWith } from "../support/cli.ts";

const folders: { remove(): void }[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

const parse = (argv: string[], environment: NodeJS.ProcessEnv = {}) => parseRunArguments(argv, environment);

describe("the source and its arguments", () => {
  test.each([
    [["a.ts", "--env", "-x"], { file: "a.ts" }, ["--env", "-x"]],
    [["-", "x"], { file: "-" }, ["x"]],
    [["--", "--odd.js", "y"], { file: "--odd.js" }, ["y"]],
    [["-e", "1", "x"], { code: "1" }, ["x"]],
    [["--eval=1=2", "--", "-a"], { code: "1=2" }, ["-a"]],
    [["--eval", "", "x"], { code: "" }, ["x"]],
  ])("%j", (argv, source, args) => expect(parse(argv)).toMatchObject({ help: false, source, args }));

  test("--help wins over what follows", () => expect(parse(["--env", "A=1", "-h", "--nonsense"])).toMatchObject({ help: true, args: [] }));
});

describe("variables", () => {
  const environment = { A: "1", B: "2", EMPTY: "" };
  test.each([
    [["--env", "A"], { A: "1" }],
    [["--env=A=x=y", "--env", "B"], { A: "x=y", B: "2" }],
    [["--env", "EMPTY", "--env", "NOT_SET"], { EMPTY: "" }],
    [["--env", "*"], environment],
    [["--env", "__proto__=x"], JSON.parse('{ "__proto__": "x" }')],
  ])("%j", (argv, env) => expect(parse([...argv, "a.js"], environment).env).toEqual(env));

  test("a file of them, and which wins", () => {
    const folder = folderWith({ env: "\ufeffA=file\n# comment\nC='quoted text'\n" });
    folders.push(folder);
    const argv = ["--env-file", `${folder.path}/env`, "--env", "A", "a.js"];
    expect(parse(argv, environment).env).toEqual({ A: "1", C: "quoted text" });
    expect(() => parse(["--env-file", folder.path, "a.js"])).toThrow(/--env-file .*: it is a folder/);
    expect(() => parse(["--env-file", `${folder.path}/none`, "a.js"])).toThrow(/--env-file .*: there is no such file/);
  });
});

describe("the network", () => {
  test.each([
    [[], ["*"], []],
    [["--allow-net", "a.example, b.example:443"], ["a.example", "b.example:443"], []],
    [["--allow-net=", "--deny-net", "@private"], [], ["@private"]],
    [["--allow-net", "a", "--allow-net", "b"], ["a", "b"], []],
    [["--no-http2"], ["*"], []],
  ])("%j", (argv, allow, deny) => {
    expect(parse([...argv, "a.js"]).network).toEqual({ allow, deny, proxy: null, http2: !argv.includes("--no-http2") });
  });

  test.each([
    [
      { http_proxy: "http://a:1", HTTP_PROXY: "http://b:2" },
      { http: "http://a:1", bypass: [] },
    ],
    [{ HTTP_PROXY: "http://b:2", REQUEST_METHOD: "GET" }, null],
    [{ HTTP_PROXY: "http://b:2" }, { http: "http://b:2", bypass: [] }],
    [
      { HTTPS_PROXY: "http://c:3", NO_PROXY: "x, .y\tz" },
      { https: "http://c:3", bypass: ["x", ".y", "z"] },
    ],
    [
      { https_proxy: "http://c:3", no_proxy: "x", NO_PROXY: "y" },
      { https: "http://c:3", bypass: ["x"] },
    ],
    [{ http_proxy: "", https_proxy: "" }, null],
  ])("%j", (environment, proxy) => expect(parse(["a.js"], environment).network.proxy).toEqual(proxy));
});

test.each([
  [[], /no file given: nano run FILE/],
  [["--"], /no file given/],
  [[""], /the file's name is empty/],
  [["--nonsense", "a.js"], /there is no option --nonsense; --env, .* are there/],
  [["-e"], /-e needs code after it/],
  [["--env"], /--env needs NAME or NAME=VALUE after it/],
  [["--env", "=x", "a.js"], /--env needs NAME, NAME=VALUE or "\*", got "=x"/],
  [["--env-file"], /--env-file needs a file after it/],
  [["--allow-net"], /--allow-net needs a list of hosts after it/],
  [["--deny-net"], /--deny-net needs a list of hosts after it/],
])("%j is refused", (argv, message) => {
  expect(() => parse(argv)).toThrow(UsageError);
  expect(() => parse(argv)).toThrow(message);
});
