/**
 * The server of the bodies bench: sends a body of 4 MiB from memory, as it is or gzipped, and swallows what is posted.
 * Prints its port. Ends with its standard input.
 */
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const body = Buffer.alloc(4 << 20, "The quick brown fox jumps over the lazy dog. ");
const gzipped = gzipSync(body);

const server = createServer((request, response) => {
  if (request.method === "POST") {
    let size = 0;
    request.on("data", (chunk) => {
      size += chunk.length;
    });
    request.on("end", () => response.end(`${size}`));
  } else response.end(request.url === "/gzip" ? gzipped : body);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
