/**
 * The CLI global of WinterTC's CLI API proposal (https://github.com/WinterTC55/proposal-cli-api), only there
 * under `nano run`.
 */
import { intrinsics } from "../internal/ops.ts";
import * as webidl from "../internal/webidl.ts";

/**
 * @param args the script's arguments, without the program and the script
 * @param env what the command line lets the script see
 */
export function installCli(args: string[], env: Record<string, string>): void {
  const cli = {
    args: Object.freeze([...args]),
    env: { ...env },
    /** Stops the script at once. @param code 0 to 255, 0 by default */
    exit(code: number = 0): never {
      return intrinsics.exit(webidl.octetEnforceRange(code, "CLI.exit: argument 1"));
    },
  };
  Object.defineProperty(cli, Symbol.toStringTag, { value: "CLI", configurable: true });
  Object.defineProperty(globalThis, "CLI", { value: cli, writable: true, configurable: true, enumerable: false });
}
