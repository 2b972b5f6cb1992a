/**
 * Names and labels of encodings (https://encoding.spec.whatwg.org/#names-and-labels).
 */
import { uncurryThis } from "../../internal/primordials.ts";
import { labelsOfEncodings } from "./labels.gen.ts";

const replace = uncurryThis(String.prototype.replace as (pattern: RegExp, text: string) => string);
const split = uncurryThis(String.prototype.split as (separator: string) => string[]);
const toLowerCase = uncurryThis(String.prototype.toLowerCase);

/** The encodings' names, as the standard writes them. */
export type EncodingName = ReturnType<typeof labelsOfEncodings>[number][0];

export interface Encoding {
  name: EncodingName;
  /** What the core calls it. */
  number: number;
}

const utf8: Encoding = { name: "UTF-8", number: 0 };
/** Made when a label other than UTF-8's is first looked up: it takes 30 KB. */
let encodingOfLabel: Record<string, Encoding> | undefined;

function makeTable(): Record<string, Encoding> {
  // No prototype: a label such as "constructor" is unknown.
  const table = { __proto__: null } as unknown as Record<string, Encoding>;
  const list = labelsOfEncodings();
  for (let number = 0; number < list.length; number++) {
    const [name, labels] = list[number]!;
    const encoding = number === utf8.number ? utf8 : { name, number };
    for (const label of split(labels, " ")) table[label] = encoding;
  }
  return table;
}

/**
 * Get an encoding (https://encoding.spec.whatwg.org/#concept-encoding-get).
 * @returns undefined for failure
 */
export function getEncoding(label: string): Encoding | undefined {
  if (label === "utf-8") return utf8;
  encodingOfLabel ??= makeTable();
  return encodingOfLabel[label] ?? encodingOfLabel[toLowerCase(replace(label, /^[\t\n\f\r ]+|[\t\n\f\r ]+$/gu, ""))];
}
