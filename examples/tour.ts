/**
 * A tour of what a script has: npx nano run examples/tour.ts
 */
interface Stop {
  name: string;
  visit: () => unknown;
}

const stops: Stop[] = [
  {
    name: "URLs",
    visit() {
      const url = new URL("../search?q=tea#top", "https://bücher.example/books/");
      url.searchParams.append("page", "2");
      return { href: url.href, query: Object.fromEntries(url.searchParams) };
    },
  },
  {
    name: "Structured clone",
    visit() {
      const original = { when: new Date(0), seen: new Set([1, 2]), self: null as unknown };
      original.self = original;
      const copy = structuredClone(original);
      return { copy, isAnother: copy !== original, isWhole: copy.self === copy };
    },
  },
  {
    name: "Events and aborting",
    visit() {
      const controller = new AbortController();
      const log: string[] = [];
      controller.signal.addEventListener("abort", (event) => log.push(event.type), { once: true });
      controller.abort(new DOMException("Enough seen", "AbortError"));
      return { log, reason: String(controller.signal.reason) };
    },
  },
  {
    name: "Text and bytes",
    visit() {
      const bytes = new TextEncoder().encode("naïve ☕");
      return { bytes, text: new TextDecoder().decode(bytes), base64: btoa("nano") };
    },
  },
  {
    name: "Requests and responses",
    async visit() {
      const response = new Response(JSON.stringify({ fast: true }), { headers: { "Content-Type": "application/json" } });
      return { status: response.status, type: response.headers.get("content-type"), body: await response.json() };
    },
  },
  {
    name: "Timers and microtasks",
    async visit() {
      const order: string[] = [];
      setTimeout(() => order.push("timer"), 0);
      queueMicrotask(() => order.push("microtask"));
      order.push("script");
      await new Promise((resolve) => setTimeout(resolve, 10));
      return order;
    },
  },
];

for (const { name, visit } of stops) {
  console.log(`${name}:`, await visit());
}
console.log("This script is", import.meta.filename, "and the main one:", (import.meta as { main?: boolean }).main);
