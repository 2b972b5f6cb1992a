/**
 * The `nano` command: picks the command's file and runs it. Start-up time counts, so each file loads only what
 * it needs.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { distFolder } from "../sdk/paths.ts";
import { exitFailure, exitUsage, printError, UsageError } from "./report.ts";

const help = `Usage: nano <command>

Commands:
  run FILE [args...]   Run a script or module (.js .mjs .ts .mts)
  build                Build the native addon where the package brings none for this Node
  conformance          Print the names of ECMA-429 and the state of each

Options:
  -h, --help           Print this, or with a command its own help
  -v, --version        Print the version

"nano run --help" tells more.
`;

async function main(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "run":
      // Before the rest of the command is loaded, which takes as long as making an isolate.
      await import("./prepare.ts");
      return (await import("./run.ts")).run(rest);
    case "build":
      return (await import("./build.ts")).build(rest);
    case "conformance":
      return (await import("./conformance.ts")).conformance(rest);
    case "-h":
    case "--help":
    case "help":
      process.stdout.write(help);
      return 0;
    case "-v":
    case "--version":
      process.stdout.write(`${JSON.parse(readFileSync(join(distFolder, "../package.json"), "utf8")).version}\n`);
      return 0;
    case undefined:
      throw new UsageError(`no command given; "nano run FILE" runs a file, "nano --help" tells more`);
    default:
      throw new UsageError(`there is no command ${JSON.stringify(command)}; "nano run FILE" runs a file, "nano --help" tells more`);
  }
}

main(process.argv.slice(2)).then(
  // Nothing is left to wait for, and taking Node down in an orderly way takes longer than to start it.
  (code) => process.exit(code),
  (error: unknown) => {
    printError(
      error instanceof UsageError || isOurs(error) ? `nano: ${(error as Error).message}` : String((error as Error)?.stack ?? error),
    );
    process.exit(error instanceof UsageError ? exitUsage : exitFailure);
  },
);

/** Failures that their message explains. */
function isOurs(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_") && !(error instanceof TypeError);
}
