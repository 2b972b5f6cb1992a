/** What `npm run load` talks to, in a process of its own: prints its port, ends with its standard input. */
import { createServer } from "node:http";

const bytes = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, index) => index));

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://x/");
  request.on("error", () => {});
  if (url.pathname === "/echo") request.pipe(response);
  else if (url.pathname === "/bytes") response.end(bytes.subarray(0, Number(url.searchParams.get("size"))));
  else setTimeout(() => response.end("slow"), Number(url.searchParams.get("ms")));
});
// The client ends idle connections; a server that did so, too, would cut requests that are just being sent.
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.headersTimeout = 0;
server.listen(0, "127.0.0.1", 4096, () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit());
