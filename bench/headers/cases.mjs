/** Headers, Request and Response without a network (https://fetch.spec.whatwg.org/). */
export function cases({ Headers, Request, Response }) {
  const init = {
    accept: "application/json",
    authorization: "Bearer 0123456789abcdef",
    "content-type": "application/json; charset=utf-8",
    "user-agent": "bench/1",
    "x-request-id": "7f6c1a52",
  };
  const headers = new Headers(init);
  return {
    "new Headers of 5"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += new Headers(init).has("accept") ? 1 : 0;
      return sum;
    },
    get(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += headers.get(i & 1 ? "Content-Type" : "x-request-id").length;
      return sum;
    },
    "set and delete"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        headers.set("x-count", String(i & 255));
        headers.delete("x-count");
        sum += 1;
      }
      return sum;
    },
    "iterate 5"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) for (const [name, value] of headers) sum += name.length + value.length;
      return sum;
    },
    "new Request"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++)
        sum += new Request("https://example.com/a", { method: "POST", headers: init, body: "text" }).url.length;
      return sum;
    },
    async "Response to text"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += (await new Response("hello world").text()).length;
      return sum;
    },
    async "Response.json to json"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += (await Response.json({ a: 1, b: [2, 3] }).json()).a;
      return sum;
    },
  };
}
