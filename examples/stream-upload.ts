/**
 * Sends lines while they are made, and prints what the server answers:
 * npx nano run examples/stream-upload.ts http://127.0.0.1:8080/echo 1000
 *
 * The stream is asked for a chunk when the connection has room for one: however many lines there are, few are in memory.
 */
declare const CLI: { args: readonly string[]; exit(code?: number): never };

const [url, count = "10"] = CLI.args;
if (url === undefined) {
  console.error("usage: nano run examples/stream-upload.ts URL [LINES]");
  CLI.exit(2);
}

const lines = Number(count);
const encoder = new TextEncoder();
let line = 0;
const body = new ReadableStream({
  type: "bytes",
  pull(controller) {
    let text = "";
    while (line < lines && text.length < 16_384) text += `line ${++line}\n`;
    if (text !== "") controller.enqueue(encoder.encode(text));
    if (line === lines) controller.close();
  },
});

const response = await fetch(url, { method: "POST", headers: { "Content-Type": "text/plain" }, body, duplex: "half" });
const answer = await response.text();
console.log(
  `sent ${line} lines, ${response.status}: ${answer.length} characters back, the last line is "${answer.trimEnd().split("\n").at(-1)}"`,
);

export {};
