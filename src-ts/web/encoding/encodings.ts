/**
 * Names and labels of encodings (https://encoding.spec.whatwg.org/#names-and-labels).
 *
 * An encoding joins here: its labels in `labels`, and how it is decoded in decoders.ts.
 */
import { uncurryThis } from "../../internal/primordials.ts";

const replace = uncurryThis(String.prototype.replace as (pattern: RegExp, text: string) => string);
const toLowerCase = uncurryThis(String.prototype.toLowerCase);

/** Encodings that have a decoder, as the standard writes them. */
export type EncodingName = "UTF-8";

const labels: Record<EncodingName, readonly string[]> = {
  "UTF-8": ["unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"],
};

// No prototype: a label such as "constructor" is unknown.
const nameOfLabel = { __proto__: null } as unknown as Record<string, EncodingName>;
for (const [name, list] of Object.entries(labels)) {
  for (const label of list) nameOfLabel[label] = name as EncodingName;
}

/**
 * Get an encoding (https://encoding.spec.whatwg.org/#concept-encoding-get).
 * @returns undefined for failure
 */
export function getEncoding(label: string): EncodingName | undefined {
  return nameOfLabel[label] ?? nameOfLabel[toLowerCase(replace(label, /^[\t\n\f\r ]+|[\t\n\f\r ]+$/gu, ""))];
}
