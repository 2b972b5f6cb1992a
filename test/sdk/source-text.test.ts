/** What source text is refused, and how the message says where it is broken. */
import { describe, expect, test } from "vitest";
import { decode } from "../../src-ts/sdk/source-text.ts";

const bytes = (...parts: (string | number[])[]): Uint8Array => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

test("UTF-8 with or without a byte order mark", () => {
  expect(decode(bytes("a\u00e9\u{1f600}"), "x")).toBe("a\u00e9\u{1f600}");
  expect(decode(bytes([0xef, 0xbb, 0xbf], "a"), "x")).toBe("a");
  expect(decode(bytes(), "x")).toBe("");
});

describe("what is not UTF-8", () => {
  test.each([
    ["UTF-16, little-endian", bytes([0xff, 0xfe, 0x61, 0]), "it begins like UTF-16"],
    ["UTF-16, big-endian", bytes([0xfe, 0xff, 0, 0x61]), "it begins like UTF-16"],
    ["a byte that is never there", bytes("one\ntwo", [0xff], "x"), "byte 0xff at offset 7 (line 2)"],
    ["the first byte", bytes([0x80]), "byte 0x80 at offset 0 (line 1)"],
    ["a continuation byte alone", bytes("\u00e9", [0xbf]), "byte 0xbf at offset 2 (line 1)"],
    ["two of three bytes", bytes("a\n\n", [0xe2, 0x82], "b"), "byte 0xe2 at offset 3 (line 3)"],
    ["two of three bytes at the end", bytes("ab", [0xe2, 0x82]), "byte 0xe2 at offset 2 (line 1)"],
    ["three of four bytes at the end", bytes("ab", [0xf0, 0x9f, 0x98]), "byte 0xf0 at offset 2 (line 1)"],
    ["one of two bytes at the end", bytes("ab", [0xc3]), "byte 0xc3 at offset 2 (line 1)"],
    ["an overlong form", bytes("a", [0xc0, 0xaf]), "byte 0xc0 at offset 1 (line 1)"],
    ["a surrogate", bytes("a", [0xed, 0xa0, 0x80]), "byte 0xed at offset 1 (line 1)"],
    ["above U+10FFFF", bytes("a", [0xf5, 0x80, 0x80, 0x80]), "byte 0xf5 at offset 1 (line 1)"],
    ["in the middle of much", bytes("x".repeat(10_000), "\n", [0xfe], "y".repeat(10_000)), "byte 0xfe at offset 10001 (line 2)"],
  ])("%s", (_, text, message) => {
    expect(() => decode(text, "the file")).toThrow(`the file is not UTF-8: ${message}`);
  });
});
