/**
 * Subresource integrity (https://w3c.github.io/webappsec-subresource-integrity/): whether bytes are what the
 * 'integrity' option promises.
 */
import { Hash } from "../../internal/numbers.gen.ts";
import { ops } from "../../internal/ops.ts";
import { uncurryThis } from "../../internal/primordials.ts";

const charCodeAt = uncurryThis(String.prototype.charCodeAt);
const indexOf = uncurryThis(String.prototype.indexOf);
const replaceAll = uncurryThis(String.prototype.replaceAll as (from: string, to: string) => string);
const slice = uncurryThis(String.prototype.slice);
const toLowerCase = uncurryThis(String.prototype.toLowerCase);
const split = uncurryThis(String.prototype.split as (separator: RegExp) => string[]);

interface Metadata {
  /** The hash function; a stronger one has a higher number. */
  hash: number;
  /** Base64 of the digest. */
  value: string;
}

const hashes = { __proto__: null, sha256: Hash.Sha256, sha384: Hash.Sha384, sha512: Hash.Sha512 } as unknown as Record<
  string,
  Hash | undefined
>;

/** Parse metadata, then "get the strongest metadata from set": what is not understood is left out. */
function strongestMetadata(metadata: string): Metadata[] {
  let strongest: Metadata[] = [];
  const items = split(metadata, /[\t\n\f\r ]+/u);
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!;
    const question = indexOf(item, "?");
    const expression = question < 0 ? item : slice(item, 0, question);
    const dash = indexOf(expression, "-");
    const hash = hashes[toLowerCase(dash < 0 ? expression : slice(expression, 0, dash))];
    if (hash === undefined) continue;
    if (strongest.length > 0 && hash < strongest[0]!.hash) continue;
    if (strongest.length > 0 && hash > strongest[0]!.hash) strongest = [];
    strongest[strongest.length] = { hash, value: dash < 0 ? "" : slice(expression, dash + 1) };
  }
  return strongest;
}

/** https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist */
export function bytesMatchMetadata(bytes: Uint8Array, metadata: string): boolean {
  const candidates = strongestMetadata(metadata);
  if (candidates.length === 0) return true;
  const digest = new Uint8Array(ops.crypto_digest(candidates[0]!.hash, bytes));
  for (let index = 0; index < candidates.length; index++) {
    const expected = ops.base64_decode(fromBase64url(candidates[index]!.value));
    if (expected !== null && isEqual(expected, digest)) return true;
  }
  return false;
}

/** Browsers take both alphabets. */
function fromBase64url(text: string): string {
  return replaceAll(replaceAll(text, "-", "+"), "_", "/");
}

/** @param binary a string whose characters stand for bytes */
function isEqual(binary: string, bytes: Uint8Array): boolean {
  if (binary.length !== bytes.length) return false;
  for (let index = 0; index < bytes.length; index++) if (charCodeAt(binary, index) !== bytes[index]) return false;
  return true;
}
