/**
 * `nano conformance`: which names of ECMA-429 an isolate of this installation has, and where they deviate.
 */
import { Isolate } from "../sdk/Isolate.ts";
import { conformanceList, type ListItem, probeSource } from "./conformance-list.ts";
import { exitFailure, UsageError } from "./report.ts";

const help = `Usage: nano conformance [--json]

Prints each name of the Minimum common web API (ECMA-429) with its state in an isolate of this installation:
conforming, deviates (and why), or missing. The exit code is 1 when one is missing.

Options:
  --json       Print the list as JSON
  -h, --help   Print this
`;

/** @returns the exit code. @throws UsageError */
export async function conformance(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => !["--json", "-h", "--help"].includes(arg));
  if (unknown !== undefined) throw new UsageError(`nano conformance: there is no ${JSON.stringify(unknown)}; --json and --help are there`);
  if (args.includes("-h") || args.includes("--help")) {
    process.stdout.write(help);
    return 0;
  }
  const present = new Set(await presentNames());
  const groups = conformanceList((name) => present.has(name));
  const items = groups.flatMap((group) => group.items);
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(groups, null, 2)}\n`);
  else {
    const width = Math.max(...items.map(({ name }) => name.length));
    for (const { group, items: ofGroup } of groups) {
      process.stdout.write(`${group}\n${ofGroup.map((item) => `  ${line(item, width)}\n`).join("")}\n`);
    }
    process.stdout.write(
      `${items.length} names: ${count(items, "conforming")} conforming, ${count(items, "deviates")} deviating, ${count(items, "missing")} missing\n`,
    );
  }
  return count(items, "missing") === 0 ? 0 : exitFailure;
}

/** Those that an isolate has. */
export async function presentNames(): Promise<string[]> {
  const isolate = await Isolate.create();
  try {
    return (await isolate.eval(probeSource, { filename: "conformance" })) as string[];
  } finally {
    await isolate.dispose();
  }
}

function line({ name, state, because }: ListItem, width: number): string {
  return `${name.padEnd(width)}  ${state}${because === undefined ? "" : `: ${because}`}`;
}

function count(items: readonly ListItem[], state: string): number {
  return items.filter((item) => item.state === state).length;
}
