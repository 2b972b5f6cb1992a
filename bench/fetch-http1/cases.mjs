/** fetch over HTTP/1.1 with keep-alive, against server.mjs (https://fetch.spec.whatwg.org/). */
export function cases({ fetch }, { origin }) {
  async function get(path) {
    const response = await fetch(origin + path);
    return (await response.text()).length;
  }

  /** `count` requests, of which `width` are under way at a time. */
  async function many(count, width, request) {
    let left = count;
    let sum = 0;
    async function worker() {
      while (left > 0) {
        left -= 1;
        // Not `sum += await …`, which reads the sum before it waits.
        const length = await request();
        sum += length;
      }
    }
    await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
    return sum;
  }

  const body = "x".repeat(1024);
  return {
    "GET, one by one": (count) => many(count, 1, () => get("/hello")),
    "GET, 64 in flight": (count) => many(count, 64, () => get("/hello")),
    "GET 64 KiB, 8 in flight": (count) => many(count, 8, () => get("/64k")),
    "POST 1 KiB, 64 in flight": (count) =>
      many(count, 64, async () => {
        const response = await fetch(`${origin}/echo`, { method: "POST", body });
        return (await response.text()).length;
      }),
  };
}
