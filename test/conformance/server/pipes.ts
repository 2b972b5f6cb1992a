/**
 * The pipes of wptserve (https://web-platform-tests.org/writing-tests/server-pipes.html): `?pipe=status(404)|trickle(d1)`.
 */
import { gzipSync } from "node:zlib";
import { type Answer, type Exchange, type HeaderEntries, wait } from "./exchange.ts";
import { type Hosts, substitute } from "./substitution.ts";

interface PipeCall {
  name: string;
  args: string[];
}

/** "status(404)|header(a,b,true)": arguments are separated by commas; `\` takes the next character as it is. */
export function parsePipes(text: string): PipeCall[] {
  return [...text.matchAll(/(\w+)(?:\(((?:\\.|[^)\\])*)\))?/gs)].map(([, name, args]) => ({
    name: name!,
    args: args === undefined ? [] : args.split(/(?<!\\),/).map((arg) => arg.replace(/\\(.)/g, "$1").trim()),
  }));
}

/** Applies the pipes in order; `trickle` sends the answer itself, and then nothing is returned. */
export async function applyPipes(
  pipes: readonly PipeCall[],
  answer: Answer,
  exchange: Exchange,
  hosts: Hosts,
): Promise<Answer | undefined> {
  let { status, statusText, body = "" } = answer;
  const headers: HeaderEntries = [...(answer.headers ?? [])];
  let trickle: string[] | undefined;
  const bytes = (): Buffer => (typeof body === "string" ? Buffer.from(body, "latin1") : Buffer.from(body));
  if (pipes.length === 0) return answer;
  for (const { name, args } of pipes) {
    switch (name) {
      case "status":
        status = Number(args[0]);
        break;
      case "header": {
        const [header = "", value = "", append = "false"] = args;
        if (!/^(1|true)$/i.test(append)) removeHeader(headers, header);
        headers.push([header, value]);
        break;
      }
      case "slice": {
        const [start, end] = args.map((arg) => (arg === "null" || arg === "" ? undefined : Number(arg)));
        body = bytes().subarray(start, end);
        break;
      }
      case "sub":
        body = Buffer.from(substitute(bytes().toString("utf8"), hosts, exchange.url, exchange), "utf8");
        break;
      case "gzip":
        body = gzipSync(bytes());
        removeHeader(headers, "content-length");
        headers.push(["Content-Encoding", "gzip"]);
        break;
      case "trickle":
        trickle = args[0] === undefined ? [] : args.flatMap((arg) => arg.split(":"));
        break;
      default:
        return { status: 500, headers: [["Content-Type", "text/plain"]], body: `There is no pipe ${name} here` };
    }
  }
  const whole: Answer = { body, headers, ...(status === undefined ? {} : { status }), ...(statusText === undefined ? {} : { statusText }) };
  if (trickle === undefined) return whole;
  await sendTrickle(trickle, whole, exchange);
  return undefined;
}

function removeHeader(headers: HeaderEntries, name: string): void {
  for (let index = headers.length - 1; index >= 0; index--) {
    if (headers[index]![0].toLowerCase() === name.toLowerCase()) headers.splice(index, 1);
  }
}

/** "d1" waits a second, "100" sends that many bytes, "r2" repeats the last two steps until all is sent. */
async function sendTrickle(steps: readonly string[], answer: Answer, exchange: Exchange): Promise<void> {
  const body = typeof answer.body === "string" ? Buffer.from(answer.body, "latin1") : Buffer.from(answer.body ?? "");
  let sent = 0;
  let isStarted = false;
  const step = async (text: string): Promise<boolean> => {
    if (text.startsWith("d")) {
      await wait(Number(text.slice(1)) * 1000);
      return !exchange.response.destroyed;
    }
    if (!isStarted) exchange.start(answer);
    isStarted = true;
    const chunk = body.subarray(sent, sent + Number(text));
    sent += chunk.length;
    return exchange.write(chunk);
  };
  // Upstream sends the head only with the first byte.
  for (const [index, text] of steps.entries()) {
    if (!text.startsWith("r")) {
      if (!(await step(text))) return;
      continue;
    }
    const repeated = steps.slice(Math.max(0, index - Number(text.slice(1))), index);
    while (sent < body.length && repeated.some((one) => Number(one) > 0)) {
      for (const one of repeated) if (!(await step(one))) return;
    }
  }
  if (!isStarted) exchange.start(answer);
  if (sent < body.length) await exchange.write(body.subarray(sent));
  exchange.response.end();
}
