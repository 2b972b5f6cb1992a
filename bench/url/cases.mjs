/** URL and URLSearchParams (https://url.spec.whatwg.org/). */
const urls = [
  "https://example.com/",
  "https://user:secret@sub.example.org:8443/a/b/../c/./d.html?query=1&other=two#fragment",
  "http://127.0.0.1:3000/api/v1/items?page=2&size=50",
  "https://müller.example/straße?größe=1",
  "file:///home/user/project/src/index.ts",
  "../assets/logo.svg?v=3",
];

export function cases({ URL, URLSearchParams }) {
  const url = new URL("https://example.com/path?a=1#x");
  const eight = new URLSearchParams("a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8");
  return {
    "parse, 6 kinds"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += new URL(urls[i % 6], "https://example.com/base/").href.length;
      return sum;
    },
    "parse, short"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += new URL(`https://example.com/${i & 1023}`).pathname.length;
      return sum;
    },
    canParse(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += URL.canParse(urls[i % 5]) ? 1 : 0;
      return sum;
    },
    "set pathname"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        url.pathname = i & 1 ? "/a/b c" : "/d";
        sum += url.href.length;
      }
      return sum;
    },
    "set host, port, search, hash"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        url.host = i & 1 ? "example.org:8080" : "Example.com";
        url.port = i & 1 ? "" : "3000";
        url.search = i & 1 ? "?page=2" : "q=a b";
        url.hash = i & 1 ? "" : "top";
        sum += url.href.length;
      }
      return sum;
    },
    "URLSearchParams of 4"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const params = new URLSearchParams("a=1&b=two+words&c=%C3%A9&d=");
        params.append("e", "5");
        sum += params.get("c").length + params.toString().length;
      }
      return sum;
    },
    "URLSearchParams, parse 4"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += new URLSearchParams("page=2&size=50&sort=name&query=some+words").size;
      return sum;
    },
    "URLSearchParams, iterate 8"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) for (const [name, value] of eight) sum += name.length + value.length;
      return sum;
    },
    "URLSearchParams, append 8"(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const params = new URLSearchParams();
        for (let k = 0; k < 8; k++) params.append("name", "value");
        sum += params.size;
      }
      return sum;
    },
  };
}
