/**
 * Legacy decoders against Node's (ICU): every sequence of two bytes and random input. Where ICU does not do what
 * the standard says, on some Node or all, the sequences concerned are left out, each with its reason.
 */
import { describe, expect, test } from "vitest";
import { TextDecoder } from "../../../src-ts/index.ts";
import { labelsOfEncodings } from "../../../src-ts/web/encoding/labels.gen.ts";

const NodeTextDecoder = globalThis.TextDecoder;

/** Bytes that ICU maps otherwise. A multi-byte encoding of ICU also takes other lengths after an error. */
const differences: Record<string, { bytes: string; why: string }> = {
  IBM866: { bytes: "1a 1c 7f", why: "ICU rotates these three controls" },
  Big5: { bytes: "f9", why: "ICU maps F9 FE to U+2593, the standard to U+FFED" },
  "KOI8-U": { bytes: "ae be", why: "ICU before 76 has another revision" },
  "windows-874": { bytes: "db dc dd de fc fd fe ff", why: "ICU before 76 maps unassigned bytes to private use" },
  "windows-1252": { bytes: "80-9f", why: "Node 20 to 22 take it for ISO-8859-1" },
  "windows-1253": { bytes: "aa d2 ff", why: "ICU before 76 has another revision" },
  "windows-1255": { bytes: "ca d9 da db dc dd de df fb fc ff", why: "ICU before 76 has another revision" },
};
/** Only pairs that both map to a character are compared: ICU has fewer, and disagrees about errors and single bytes. */
const pairsOnly = new Set(["GBK", "Big5", "EUC-JP", "Shift_JIS", "EUC-KR"]);
const isCharacter = (text: string) => text.length === 1 && !/[\ufffd\ue000-\uf8ff]/u.test(text);
const absent = new Set(["UTF-8", "ISO-8859-16", "x-user-defined", "replacement", "ISO-2022-JP"]);

function left(name: string): Set<number> {
  const set = new Set<number>();
  for (const part of differences[name]?.bytes.split(" ") ?? []) {
    const [first, last] = part.split("-").map((hex) => Number.parseInt(hex, 16));
    for (let byte = first!; byte <= (last ?? first!); byte++) set.add(byte);
  }
  return set;
}

describe.each(
  labelsOfEncodings()
    .map(([name]) => name)
    .filter((name) => !absent.has(name)),
)("%s", (name) => {
  const ours = new TextDecoder(name);
  const theirs = new NodeTextDecoder(name);
  const skipped = left(name);

  test("every sequence of two bytes", () => {
    const wrong: string[] = [];
    for (let first = 0; first < 256; first++) {
      if (skipped.has(first) || (pairsOnly.has(name) && first < 0xa1)) continue;
      for (let second = 0; second < 256; second++) {
        if (skipped.has(second)) continue;
        const input = Uint8Array.of(first, second);
        const text = ours.decode(input);
        const expected = theirs.decode(input);
        if (pairsOnly.has(name) && !(isCharacter(text) && isCharacter(expected))) continue;
        if (text !== expected) wrong.push(`${first.toString(16)} ${second.toString(16)}: ${JSON.stringify([text, expected])}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.skipIf(pairsOnly.has(name))("random input", () => {
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    for (let round = 0; round < 5000; round++) {
      const input = new Uint8Array(random(24));
      for (let index = 0; index < input.length; index++) {
        do input[index] = random(3) > 0 ? 0x80 + random(128) : random(128);
        while (skipped.has(input[index]!));
      }
      if (ours.decode(input) !== theirs.decode(input)) expect(ours.decode(input), Array.from(input).join()).toBe(theirs.decode(input));
    }
  });
});
