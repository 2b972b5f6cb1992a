/**
 * Names and labels of encodings (https://encoding.spec.whatwg.org/#names-and-labels).
 */
import { uncurryThis } from "../../internal/primordials.ts";
import { labelsOfEncodings } from "./labels.gen.ts";

const replace = uncurryThis(String.prototype.replace as (pattern: RegExp, text: string) => string);
const toLowerCase = uncurryThis(String.prototype.toLowerCase);

/** The encodings' names, as the standard writes them. */
export type EncodingName = (typeof labelsOfEncodings)[number][0];

export interface Encoding {
  name: EncodingName;
  /** What the core calls it. */
  number: number;
}

// No prototype: a label such as "constructor" is unknown.
const encodingOfLabel = { __proto__: null } as unknown as Record<string, Encoding>;
for (let number = 0; number < labelsOfEncodings.length; number++) {
  const [name, labels] = labelsOfEncodings[number]!;
  const encoding = { name, number };
  for (const label of labels.split(" ")) encodingOfLabel[label] = encoding;
}

/**
 * Get an encoding (https://encoding.spec.whatwg.org/#concept-encoding-get).
 * @returns undefined for failure
 */
export function getEncoding(label: string): Encoding | undefined {
  return encodingOfLabel[label] ?? encodingOfLabel[toLowerCase(replace(label, /^[\t\n\f\r ]+|[\t\n\f\r ]+$/gu, ""))];
}
