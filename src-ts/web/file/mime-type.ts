/**
 * MIME types (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type).
 */

export interface MimeType {
  /** "text/html", in lower case. */
  essence: string;
  /** In order; the names are in lower case and occur once. */
  parameters: Map<string, string>;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point */
const quotable = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Null for failure. */
export function parseMimeType(input: string): MimeType | null {
  const text = trimHttpWhitespace(input);
  const end = text.indexOf(";");
  const essence = trimEnd(end < 0 ? text : text.slice(0, end));
  const slash = essence.indexOf("/");
  if (slash < 0 || !token.test(essence.slice(0, slash)) || !token.test(essence.slice(slash + 1))) return null;
  const parameters = new Map<string, string>();
  let position = end < 0 ? text.length : end;
  while (position < text.length) {
    // At a ";".
    position++;
    while (isHttpWhitespace(text[position])) position++;
    let nameEnd = position;
    while (nameEnd < text.length && text[nameEnd] !== ";" && text[nameEnd] !== "=") nameEnd++;
    const name = text.slice(position, nameEnd).toLowerCase();
    position = nameEnd;
    if (text[position] !== "=") continue;
    position++;
    let value: string;
    if (text[position] === '"') {
      const quoted = parseQuotedString(text, position);
      value = quoted.value;
      const next = text.indexOf(";", quoted.end);
      position = next < 0 ? text.length : next;
    } else {
      const next = text.indexOf(";", position);
      const valueEnd = next < 0 ? text.length : next;
      value = trimEnd(text.slice(position, valueEnd));
      position = valueEnd;
      if (value === "") continue;
    }
    if (token.test(name) && quotable.test(value) && !parameters.has(name)) parameters.set(name, value);
  }
  return { essence: essence.toLowerCase(), parameters };
}

/** https://mimesniff.spec.whatwg.org/#serialize-a-mime-type */
export function serializeMimeType({ essence, parameters }: MimeType): string {
  let text = essence;
  for (const [name, value] of parameters) {
    text += `;${name}=${token.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  }
  return text;
}

/** https://fetch.spec.whatwg.org/#concept-header-extract-mime-type @param value the combined Content-Type header, or null */
export function extractMimeType(value: string | null): MimeType | null {
  if (value === null) return null;
  let charset: string | null = null;
  let essence: string | null = null;
  let mimeType: MimeType | null = null;
  for (const part of splitHeaderValue(value)) {
    const parsed = parseMimeType(part);
    if (parsed === null || parsed.essence === "*/*") continue;
    mimeType = parsed;
    if (parsed.essence !== essence) {
      charset = parsed.parameters.get("charset") ?? null;
      essence = parsed.essence;
    } else if (!parsed.parameters.has("charset") && charset !== null) {
      parsed.parameters.set("charset", charset);
    }
  }
  return mimeType;
}

/** https://fetch.spec.whatwg.org/#header-value-get-decode-and-split */
function splitHeaderValue(value: string): string[] {
  const values: string[] = [];
  let start = 0;
  let position = 0;
  while (position <= value.length) {
    const character = value[position];
    if (character === '"') {
      position = parseQuotedString(value, position).end;
    } else if (character === "," || position === value.length) {
      values.push(trimHttpWhitespace(value.slice(start, position)));
      start = ++position;
    } else position++;
  }
  return values;
}

/** https://fetch.spec.whatwg.org/#collect-an-http-quoted-string @param start where the quote is */
function parseQuotedString(text: string, start: number): { value: string; end: number } {
  let value = "";
  let position = start + 1;
  for (; position < text.length && text[position] !== '"'; position++) {
    if (text[position] === "\\" && position + 1 < text.length) position++;
    value += text[position];
  }
  return { value, end: Math.min(position + 1, text.length) };
}

function isHttpWhitespace(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isHttpWhitespace(text[end - 1])) end--;
  return text.slice(0, end);
}

function trimHttpWhitespace(text: string): string {
  let start = 0;
  while (isHttpWhitespace(text[start])) start++;
  return trimEnd(text.slice(start));
}
