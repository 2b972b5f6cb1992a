// An agent's script with tools: what it may do is what the program gives it. Run by Node: node examples/host-functions.mjs
import { Isolate } from "nano-runtime";

const prices = new Map([
  ["tea", 3.5],
  ["coffee", 4.25],
]);
const orders = [];

const tools = {
  async price(item) {
    // What a script passes is input from its author.
    if (typeof item !== "string") throw new TypeError(`price: the item must be a string, got ${typeof item}`);
    const price = prices.get(item);
    if (price === undefined) throw Object.assign(new RangeError(`there is no ${JSON.stringify(item.slice(0, 40))}`), { code: "E_NO_ITEM" });
    return price;
  },
  order(item, count) {
    if (!prices.has(item)) throw new RangeError("order: no such item");
    if (!Number.isInteger(count) || count < 1 || count > 10) throw new RangeError("order: the count must be from 1 to 10");
    orders.push({ item, count });
    return orders.length;
  },
};

const isolate = await Isolate.create({ functions: tools, timeLimit: 1000, memoryLimit: 32 * 1024 * 1024 });
try {
  const { cheapest, failed } = await isolate.run({
    filename: "agent.js",
    code: `
      const items = ["tea", "coffee"];
      const prices = await Promise.all(items.map((item) => host.price(item)));
      export const cheapest = items[prices.indexOf(Math.min(...prices))];
      await host.order(cheapest, 2);
      export const failed = await host.price("gold").catch((error) => [error.name, error.code, error.message]);`,
  });
  console.log("cheapest:", cheapest);
  console.log("failed:", failed);
  console.log("orders:", orders);
} finally {
  await isolate.dispose();
}
