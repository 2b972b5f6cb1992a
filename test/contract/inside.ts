/**
 * Runs the cases of one file inside an isolate. Bundled with the file by isolate.ts.
 */
import { assert } from "chai";
import { type Cases, type Context, functionOf, type Globals, runsIn } from "./cases.ts";

/** The failure of a case, as text, or null when it passed. */
export type Outcomes = Record<string, string | null>;

/** @param case_time_max milliseconds; a case that does not settle fails by itself and the rest still run */
export async function runCases(all: Cases, context: Context, case_time_max: number): Promise<Outcomes> {
  const globals = globalThis as unknown as Globals;
  const { setTimeout, clearTimeout } = globals;
  const outcomes: Outcomes = {};
  for (const [name, each] of Object.entries(all)) {
    if (!runsIn(each, "isolate")) continue;
    let timer: number | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`the case did not settle in ${case_time_max} ms`)), case_time_max) as unknown as number;
      });
      const done = (async () => functionOf(each)({ globals, assert, realm: "isolate", context }))();
      await Promise.race([done, late]);
      outcomes[name] = null;
    } catch (error) {
      outcomes[name] = error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;
    } finally {
      clearTimeout(timer);
    }
  }
  return outcomes;
}
