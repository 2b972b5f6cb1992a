/**
 * All seven fixes in one go: a body is fetched and tee'd; one branch is decompressed and hashed, the other encrypted by
 * AES-GCM, a chunk at a time, and uploaded by a streaming fetch to a URL built with setters. Against pairs.server.ts.
 */
import type { AbortSignal, ReadableStream } from "../../src-ts/index.ts";
import type { Globals } from "../contract/cases.ts";

/** Where it can be cut; in the order in which they begin. */
export const steps = ["request", "response", "tee", "decompress", "encrypt", "upload", "hash", "answer", "clone"] as const;
export type Step = (typeof steps)[number];

export interface Options {
  server: string;
  /** Bytes of the body, decompressed. */
  size: number;
  signal?: AbortSignal;
  /** Called in the middle of each. */
  reached?(step: Step): void;
}

export interface Result {
  /** What the server says of the data it sent. */
  expected: string;
  /** SHA-256 of the decompressed branch. */
  hash: ArrayBuffer;
  /** What the server made of the encrypted branch. */
  answer: { url: string; sha256: string };
  seen: Map<Step, number>;
}

const hexOf = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

export async function whole(globals: Globals, options: Options): Promise<Result> {
  const { fetch, structuredClone, URL, TransformStream, DecompressionStream, Response } = globals;
  const { subtle } = globals.crypto;
  const seen = new Map<Step, number>();
  const abort = options.signal === undefined ? {} : { signal: options.signal };
  const reach = (step: Step): void => {
    const times = (seen.get(step) ?? 0) + 1;
    seen.set(step, times);
    // Of what comes in chunks: not at the first.
    if (times === (step === "decompress" || step === "encrypt" || step === "upload" ? 3 : 1)) options.reached?.(step);
  };
  /** Passes chunks through. */
  const counting = (step: Step) =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        reach(step);
        controller.enqueue(chunk);
      },
    });

  const source = new URL("http://x/gzip");
  source.host = new URL(options.server).host;
  source.searchParams.set("size", String(options.size));
  const requesting = fetch(source, abort);
  reach("request");
  const response = await requesting;
  reach("response");
  const [left, right] = response.body!.tee();
  reach("tee");

  const hashing = (async () => {
    const unzipped = left.pipeThrough(new DecompressionStream("gzip") as never, abort).pipeThrough(counting("decompress"), abort);
    const collected = new Response(unzipped as ReadableStream<Uint8Array>).arrayBuffer();
    const bytes = await collected;
    const digest = subtle.digest("SHA-256", bytes);
    reach("hash");
    return digest;
  })();

  const uploading = (async () => {
    const secret = globals.crypto.getRandomValues(new Uint8Array(32));
    const key = (await subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt"])) as never;
    const encrypt = new TransformStream<Uint8Array, Uint8Array>({
      async transform(chunk, controller) {
        const iv = globals.crypto.getRandomValues(new Uint8Array(12));
        const sealing = subtle.encrypt({ name: "AES-GCM", iv }, key, chunk);
        reach("encrypt");
        const sealed = new Uint8Array(await sealing);
        const frame = new Uint8Array(16 + sealed.length);
        new DataView(frame.buffer).setUint32(0, 12 + sealed.length);
        frame.set(iv, 4);
        frame.set(sealed, 16);
        controller.enqueue(frame);
      },
    });
    const target = new URL("https://user@x:1/y?z#f");
    target.protocol = "http";
    target.username = "";
    target.host = source.host;
    target.pathname = "/sealed";
    target.search = "";
    target.searchParams.append("name", "ü &");
    const body = right.pipeThrough(encrypt, abort).pipeThrough(counting("upload"), abort);
    const sent = await fetch(target, { method: "POST", body, duplex: "half", headers: { "X-Key": hexOf(secret.buffer) }, ...abort });
    reach("answer");
    return (await sent.json()) as Result["answer"];
  })();

  // Both: a branch that goes on after the other one failed would be a leak.
  const [hashed, uploaded] = await Promise.allSettled([hashing, uploading]);
  if (hashed.status === "rejected") throw hashed.reason;
  if (uploaded.status === "rejected") throw uploaded.reason;
  const result = { expected: response.headers.get("x-sha256")!, hash: hashed.value, answer: uploaded.value, seen };
  reach("clone");
  return structuredClone(result, { transfer: [result.hash] });
}
