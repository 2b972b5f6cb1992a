/** TextEncoder, TextDecoder (https://encoding.spec.whatwg.org/), atob and btoa. */
const ascii = (length) => "The quick brown fox jumps over the lazy dog. ".repeat(Math.ceil(length / 45)).slice(0, length);
const mixed = (length) => "Größe: 10 €, 東京, 😀 and text. ".repeat(Math.ceil(length / 30)).slice(0, length);

export function cases({ TextEncoder, TextDecoder, atob, btoa }) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const list = {};
  for (const [kind, make] of Object.entries({ ascii, mixed })) {
    for (const length of [32, 65_536]) {
      const text = make(length);
      const bytes = encoder.encode(text);
      list[`encode ${kind} ${length}`] = (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += encoder.encode(text).length;
        return sum;
      };
      list[`decode ${kind} ${length}`] = (count) => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += decoder.decode(bytes).length;
        return sum;
      };
    }
  }
  const target = new Uint8Array(4096);
  const text = ascii(1024);
  list["encodeInto 1024"] = (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += encoder.encodeInto(text, target).written;
    return sum;
  };
  const base64 = btoa(text);
  list["btoa 1024"] = (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += btoa(text).length;
    return sum;
  };
  list["atob 1024"] = (count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += atob(base64).length;
    return sum;
  };
  return list;
}
