/**
 * Runs every `*.contract.ts` of a folder in both kinds of realm and reports each case as its own test.
 * A file `<name>.server.ts` next to `<name>.contract.ts` starts what its cases talk to.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { assert } from "chai";
import { afterAll, beforeAll, describe, test } from "vitest";
import * as globals from "../../src-ts/index.ts";
import { type Cases, type Context, functionOf, type RealmKind, runsIn } from "./cases.ts";
import type { Outcomes } from "./inside.ts";

interface ContractServer {
  /** Plain JSON that every case gets as `context`. */
  context: Context;
  close(): Promise<void>;
}

export async function describeContracts(folder: string): Promise<void> {
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => name.endsWith(".contract.ts"))
    .map((name) => join(folder, name))
    .sort();
  for (const file of files) {
    const all = ((await import(/* @vite-ignore */ pathToFileURL(file).href)) as { default: Cases }).default;
    describe(relative(folder, file).replace(/\.contract\.ts$/, ""), () => describeFile(file, all));
  }
}

function describeFile(file: string, all: Cases): void {
  const serverFile = file.replace(/\.contract\.ts$/, ".server.ts");
  let server: ContractServer | undefined;
  let context: Context = {};
  beforeAll(async () => {
    if (!existsSync(serverFile)) return;
    const module = (await import(/* @vite-ignore */ pathToFileURL(serverFile).href)) as {
      start(): Promise<ContractServer>;
    };
    server = await module.start();
    context = server.context;
  });
  afterAll(() => server?.close());

  const runsHere = (realm: RealmKind): boolean => Object.values(all).some((each) => runsIn(each, realm));
  describe.runIf(runsHere("host"))("host realm", () => {
    for (const [name, each] of Object.entries(all)) {
      if (!runsIn(each, "host")) continue;
      test(name, async () => {
        await functionOf(each)({ globals, assert, realm: "host", context });
      });
    }
  });

  // Coverage sees Node's own realm only; what isolates run would take its time for nothing.
  describe.runIf(runsHere("isolate") && process.env.NANO_HOST_ONLY !== "1")("isolate realm", () => {
    let outcomes: Promise<Outcomes> | undefined;
    for (const [name, each] of Object.entries(all)) {
      if (!runsIn(each, "isolate")) continue;
      // The first case that is asked for runs all of them, in one isolate.
      test(name, { timeout: 120_000 }, async () => {
        outcomes ??= import("./isolate.ts").then(({ runInIsolate }) => runInIsolate(file, context));
        const outcome = (await outcomes)[name];
        if (outcome === undefined) throw new Error("the case did not run");
        if (outcome !== null) throw new Error(outcome);
      });
    }
  });
}
