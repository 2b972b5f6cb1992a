/**
 * `npm run fuzz -- AREA SECONDS [--seed N]`: tries random input for so long and says what should not have happened.
 *
 * AREA      a folder of test/fuzz
 * SECONDS   how long; 60 without it
 * --seed    the seed of an earlier run, which does the same again; without it one is made up, and printed
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { FuzzArea } from "./area.ts";
import { Random } from "./random.ts";

/** From so many findings on, more of them tell nothing new. */
const findings_max = 10;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: "string" } } });
const areas = readdirSync(fileURLToPath(new URL(".", import.meta.url)), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const [area = "", duration = "60"] = positionals;
const seconds = Number(duration);
if (!areas.includes(area) || !(seconds > 0) || positionals.length > 2) {
  console.error(`usage: npm run fuzz -- AREA SECONDS [--seed N]\nAREA is one of: ${areas.join(", ")}`);
  process.exit(2);
}

const random = new Random(Number(values.seed ?? Math.floor(Math.random() * 2 ** 32)));
const { default: fuzzArea } = (await import(`./${area}/fuzz.ts`)) as { default: FuzzArea };
console.log(`${area}: ${fuzzArea.description}; seed ${random.seed}`);
const fuzzer = await fuzzArea.start(random);
console.log(`against ${fuzzer.against}`);

const end = performance.now() + seconds * 1000;
const known = new Map<string, number>();
const findings: string[] = [];
let cases = 0;
try {
  do {
    const round = await fuzzer.round();
    cases += round.cases;
    for (const [explanation, count] of Object.entries(round.known ?? {})) known.set(explanation, (known.get(explanation) ?? 0) + count);
    for (const finding of round.findings) {
      findings.push(finding);
      console.log(`\nFOUND ${finding}`);
    }
  } while (performance.now() < end && findings.length < findings_max);
} finally {
  fuzzer.close?.();
}
for (const [explanation, count] of known) console.log(`known, ${count} times: ${explanation}`);
console.log(`${cases} cases, ${findings.length === 0 ? "nothing found" : `${findings.length} findings`}; seed ${random.seed}`);
process.exitCode = findings.length === 0 ? 0 : 1;
