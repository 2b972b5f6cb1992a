/**
 * `nano run`: one script in one isolate, with all the files and memory that the user's own programs have.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExitError, InvalidOptionError, IsolateError, ScriptError } from "../sdk/errors.ts";
import { createIsolate, type RunSource } from "../sdk/Isolate.ts";
import { ModuleRefusal } from "../sdk/module-error.ts";
import { networkSettings } from "../sdk/network-options.ts";
import { decode } from "../sdk/source-text.ts";
import { memoryLimit } from "./prepare.ts";
import { exitFailure, exitInterrupted, printError, scriptFailure, UsageError } from "./report.ts";
import { help, parseRunArguments, type RunArguments } from "./run-arguments.ts";

/** @returns the exit code */
export async function run(argv: string[]): Promise<number> {
  const given = parseRunArguments(argv, process.env);
  if (given.help) {
    process.stdout.write(help);
    return 0;
  }
  // The isolate runs on its own thread, so this is heard while the script is busy.
  process.on("SIGINT", () => process.exit(exitInterrupted));
  checkNetwork(given);
  const isolate = await createIsolate({ memoryLimit, importRoots: "*", network: given.network }, { args: given.args, env: given.env });
  try {
    await isolate.run(sourceOf(given));
    return 0;
  } catch (error) {
    if (error instanceof ExitError) return error.exitCode;
    if (error instanceof ScriptError) printError(scriptFailure(error));
    else if (error instanceof IsolateError || error instanceof ModuleRefusal) printError(`nano: ${error.message}`);
    else throw error;
    return exitFailure;
  } finally {
    await isolate.dispose();
  }
}

/** @throws UsageError */
function checkNetwork({ network }: RunArguments): void {
  try {
    networkSettings(network, "network");
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const message = error.message.replace(/^network\.(allow|deny)/, "--$1-net");
    throw new UsageError(message.replace(/^network\.proxy\.(https?)/, (_, scheme: string) => `${scheme.toUpperCase()}_PROXY`));
  }
}

function sourceOf({ source }: RunArguments): RunSource {
  // Relative imports start from the working folder.
  if ("code" in source) return { code: source.code, filename: join(process.cwd(), "[eval]") };
  if (source.file !== "-") return { file: source.file };
  return { code: decode(readFileSync(0), "standard input"), filename: join(process.cwd(), "[stdin]") };
}
