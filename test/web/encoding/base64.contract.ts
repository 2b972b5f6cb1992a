import { cases } from "../../contract/cases.ts";

export default cases({
  btoa: ({ globals: { btoa }, assert }) => {
    const table: [unknown, string][] = [
      ["", ""],
      ["a", "YQ=="],
      ["ab", "YWI="],
      ["abc", "YWJj"],
      ["\xff\xfe\xfd\0", "//79AA=="],
      [undefined, "dW5kZWZpbmVk"],
      [null, "bnVsbA=="],
      [12, "MTI="],
    ];
    for (const [input, text] of table) assert.strictEqual(btoa(input as string), text);
  },

  "btoa refuses what is no byte": ({ globals: { btoa, DOMException }, assert }) => {
    for (const text of ["\u0100", "a\u20ac", "\u{1f600}", "\ud800"]) {
      try {
        btoa(text);
        assert.fail("it did not throw");
      } catch (error) {
        assert.instanceOf(error, DOMException);
        assert.strictEqual((error as DOMException).name, "InvalidCharacterError");
      }
    }
    assert.throws(() => (btoa as () => unknown)(), TypeError, "1 argument required");
  },

  "atob forgives whitespace and missing padding": ({ globals: { atob }, assert }) => {
    const table: [unknown, string][] = [
      ["", ""],
      [" \t\n\f\r", ""],
      ["YQ==", "a"],
      ["YQ", "a"],
      ["YR", "a"],
      [" Y Q = = ", "a"],
      ["//79AA==", "\xff\xfe\xfd\0"],
      ["abcd", "i\xb7\x1d"],
      [null, "\x9e\xe9e"],
      [12, "\xd7"],
    ];
    for (const [input, text] of table) assert.strictEqual(atob(input as string), text, String(input));
  },

  "atob refuses what is not base64": ({ globals: { atob, DOMException }, assert }) => {
    for (const text of ["a", "abcde", "=", "a=", "ab=", "abc==", "abcd=", "ab=c", "ab-_", "\u00e9abc", "ab\v", "\u20acabc", "abcd===="]) {
      try {
        atob(text);
        assert.fail(`it took ${text}`);
      } catch (error) {
        assert.instanceOf(error, DOMException, text);
        assert.strictEqual((error as DOMException).name, "InvalidCharacterError");
        assert.strictEqual((error as DOMException).code, 5);
      }
    }
    assert.throws(() => (atob as () => unknown)(), TypeError, "1 argument required");
  },

  "all bytes there and back": ({ globals: { atob, btoa }, assert }) => {
    let text = "";
    for (let byte = 0; byte < 256; byte++) {
      text += String.fromCharCode(byte);
      assert.strictEqual(atob(btoa(text)), text);
    }
  },
});
