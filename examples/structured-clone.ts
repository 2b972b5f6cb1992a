/**
 * What structuredClone keeps, what it drops, what it moves and what it refuses.
 *
 *     npx nano run examples/structured-clone.ts
 */

// Cycles, and what is the same object twice, stay so.
const shared = { since: new Date(0) };
const list: unknown[] = [shared, shared, new Map([[shared, new Set([1n, /x/g])]])];
list.push(list);
const copy = structuredClone(list) as typeof list;
console.log(copy !== list, copy[3] === copy, copy[0] === copy[1], copy[0] !== shared, (copy[2] as Map<unknown, unknown>).has(copy[0]));

// An error keeps its class, message, stack and cause.
const failure = new RangeError("out", { cause: new DOMException("no time", "TimeoutError") });
const received = structuredClone(failure);
console.log(received instanceof RangeError, received.message, received.stack === failure.stack, (received.cause as Error).name);

// Prototypes, accessors and attributes are dropped: what is left is data.
class Point {
  x = 1;
  #secret = 2;
  get y(): number {
    return this.#secret;
  }
}
console.log(
  structuredClone({
    point: new Point(),
    get computed() {
      return 3;
    },
  }),
);

// Blobs, files and keys of Web Crypto are objects of their class again.
const file = structuredClone(new File(["text"], "a.txt", { type: "text/plain" }));
const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
console.log(file.name, await file.text(), structuredClone(key).algorithm.name);

// What is transferred moves: the original is empty afterwards, and views are views of the new buffer.
const buffer = new ArrayBuffer(4);
const moved = structuredClone({ buffer, view: new Uint8Array(buffer, 2) }, { transfer: [buffer] });
console.log(buffer.byteLength, moved.buffer.byteLength, moved.view.length, moved.view.buffer === moved.buffer);

// What is no data is refused.
for (const value of [() => {}, Symbol("s"), new WeakMap(), new Headers(), buffer]) {
  try {
    structuredClone({ value });
  } catch (error) {
    console.log((error as DOMException).name, (error as DOMException).message);
  }
}
