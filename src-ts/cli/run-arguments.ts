/**
 * The command line of `nano run`. Options come before FILE; what follows FILE is the script's.
 */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { NetworkOptions } from "../sdk/network-options.ts";
import { proxyOfEnvironment } from "../sdk/proxy-environment.ts";
import { decode } from "../sdk/source-text.ts";
import { UsageError } from "./report.ts";

export interface RunArguments {
  help: boolean;
  /** A path, "-" for standard input, or code given by -e. */
  source: { file: string } | { code: string };
  /** The script's own arguments. */
  args: string[];
  /** What CLI.env shows. */
  env: Record<string, string>;
  network: { allow: string[]; deny: string[]; proxy: NonNullable<NetworkOptions["proxy"]> | null; http2: boolean };
}

export const help = `Usage: nano run [options] FILE [args...]
       nano run [options] - [args...]         run standard input
       nano run [options] -e CODE [args...]   run CODE

Runs an ES module (.js .mjs .ts .mts; types are stripped) with the web's globals in a V8 isolate. The script sees
no Node global; CLI.args, CLI.env and CLI.exit(code) are its way to the command line.

Options:
  --env NAME[=VALUE]   Let the script see an environment variable; "*" for all (repeatable)
  --env-file FILE      Let the script see the variables in FILE, lines of NAME=VALUE (repeatable)
  --allow-net LIST     Let the script connect only to these: host, host:port, CIDR range, @public, … (repeatable)
  --deny-net LIST      Do not let the script connect to these (repeatable); docs/network.md has the rules
  --no-http2           Do not offer HTTP/2 to https: servers
  -e, --eval CODE      Run CODE
  -h, --help           Print this

HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured, and NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and SSL_CERT_DIR.

Exit codes: what the script gives to CLI.exit, else 0; 1 when it fails; 2 for a wrong command line; 130 after Ctrl-C.
`;

/** @throws UsageError */
export function parseRunArguments(argv: readonly string[], environment: NodeJS.ProcessEnv): RunArguments {
  const env: Record<string, string> = { __proto__: null as never };
  const network: RunArguments["network"] = { allow: [], deny: [], proxy: proxyOfEnvironment(environment) ?? null, http2: true };
  let isAllowGiven = false;
  let code: string | undefined;
  let index = 0;
  const result = (source: RunArguments["source"], args: readonly string[], wantsHelp = false): RunArguments => ({
    help: wantsHelp,
    source,
    args: [...args],
    env: { ...env },
    network: { ...network, allow: isAllowGiven ? network.allow : ["*"] },
  });
  for (; index < argv.length; index++) {
    const arg = argv[index]!;
    if (arg === "--") {
      index += 1;
      break;
    }
    if (!arg.startsWith("-") || arg === "-") break;
    const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
    const name = equals === -1 ? arg : arg.slice(0, equals);
    const value = (what: string): string => {
      if (equals !== -1) return arg.slice(equals + 1);
      index += 1;
      const next = argv[index];
      if (next === undefined) throw new UsageError(`${name} needs ${what} after it`);
      return next;
    };
    switch (name) {
      case "-h":
      case "--help":
        return result({ code: "" }, [], true);
      case "--env":
        addVariable(env, value("NAME or NAME=VALUE"), environment);
        break;
      case "--env-file":
        Object.assign(env, readEnvFile(value("a file")));
        break;
      case "--allow-net":
        isAllowGiven = true;
        network.allow.push(...listOf(value("a list of hosts")));
        break;
      case "--deny-net":
        network.deny.push(...listOf(value("a list of hosts")));
        break;
      case "--no-http2":
        if (equals !== -1) throw new UsageError("--no-http2 takes no value");
        network.http2 = false;
        break;
      case "-e":
      case "--eval":
        code = value("code");
        break;
      default:
        throw new UsageError(
          `there is no option ${name}; --env, --env-file, --allow-net, --deny-net, --no-http2, -e and --help are there, and the script's own options come after FILE`,
        );
    }
  }
  if (code !== undefined) return result({ code }, argv.slice(index));
  const file = argv[index];
  if (file === undefined) throw new UsageError(`no file given: nano run FILE, "nano run -" for standard input, or nano run -e CODE`);
  if (file === "") throw new UsageError("the file's name is empty: nano run FILE");
  return result({ file }, argv.slice(index + 1));
}

/** Commas or white space between the rules; an empty list allows nothing. */
function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((rule) => rule !== "");
}

function addVariable(env: Record<string, string>, text: string, environment: NodeJS.ProcessEnv): void {
  if (text === "*") {
    Object.assign(env, environment);
    return;
  }
  const equals = text.indexOf("=");
  const name = equals === -1 ? text : text.slice(0, equals);
  if (name === "") throw new UsageError(`--env needs NAME, NAME=VALUE or "*", got ${JSON.stringify(text)}`);
  const value = equals === -1 ? environment[name] : text.slice(equals + 1);
  // A variable that is not set is not set for the script either.
  if (value !== undefined) env[name] = value;
}

function readEnvFile(file: string): Record<string, string> {
  try {
    return parseEnv(decode(readFileSync(file), file)) as Record<string, string>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : message;
    throw new UsageError(`--env-file ${file}: ${why}`);
  }
}
