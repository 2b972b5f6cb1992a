/**
 * Child of bench.mjs: `node calls.mjs <kind> <rounds> <calls>` has a script in an isolate call a function of the program, which
 * answers with a small object. Prints calls per second of each round as JSON lists: one after the other (`serial`), and 64 at
 * once (`together`).
 *
 * kind  "nano"; of isolated-vm "Reference.apply" (a promise, as nano's), "applySyncPromise" (the isolate's thread waits),
 *       "Callback" (which gives no result of an async function, so the function is not async)
 */
const [kind, rounds, calls] = process.argv.slice(2);
const at_once = 64;
const lookup = (id) => ({ id, name: "item" });

/** A script that makes `count` calls by the expression `call` of `id`, and sums the ids up that come back. */
const script = (call, count, width) =>
  width === 1
    ? `(async () => { let sum = 0; for (let id = 0; id < ${count}; id++) sum += (await ${call}).id; return sum })()`
    : `(async () => { let sum = 0;
        for (let from = 0; from < ${count}; from += ${width}) {
          const all = []; for (let id = from; id < from + ${width}; id++) all.push(${call});
          for (const { id } of await Promise.all(all)) sum += id;
        } return sum })()`;

async function isolatedVm(call, make) {
  const { default: ivm } = await import(process.env.NANO_BENCH_IVM);
  const context = await new ivm.Isolate({ memoryLimit: 128 }).createContext();
  await context.global.set("lookup", make(ivm));
  return (count, width) => context.eval(script(call, count, width), { promise: true });
}

const kinds = {
  async nano() {
    const { Isolate } = await import("../../dist/index.js");
    const isolate = await Isolate.create({ functions: { lookup } });
    return (count, width) => isolate.eval(script("host.lookup(id)", count, width));
  },
  "Reference.apply": () =>
    isolatedVm(
      "lookup.apply(undefined, [id], { result: { promise: true, copy: true } })",
      (ivm) => new ivm.Reference(async (id) => lookup(id)),
    ),
  applySyncPromise: () =>
    isolatedVm(
      "lookup.applySyncPromise(undefined, [id])",
      // Objects come back as copies that the function makes.
      (ivm) => new ivm.Reference(async (id) => new ivm.ExternalCopy(lookup(id)).copyInto()),
    ),
  Callback: () => isolatedVm("lookup(id)", (ivm) => new ivm.Callback((id) => new ivm.ExternalCopy(lookup(id)).copyInto(), { async: true })),
};

const run = await kinds[kind]();
const count = Number(calls) * at_once;
const result = { serial: [], together: [] };
for (let round = -1; round < Number(rounds); round++) {
  for (const [name, width] of [
    ["serial", 1],
    ["together", at_once],
  ]) {
    // One by one a call takes several times as long.
    const made = width === 1 ? Math.max(1, count / 8) : count;
    const began = performance.now();
    const sum = await run(made, width);
    const ms = performance.now() - began;
    if (sum !== (made * (made - 1)) / 2) throw new Error(`the answers sum up to ${sum}`);
    if (round >= 0) result[name].push((made / ms) * 1000);
  }
}
console.log(JSON.stringify(result));
process.exit(0);
