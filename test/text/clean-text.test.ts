import { expect, test } from "bun:test";
import fc from "fast-check";
import { cleanText } from "../../src/text/clean-text.ts";

test.each([
  ["plain ASCII", "220 mx.example.test ESMTP ~!\"'\\", "220 mx.example.test ESMTP ~!\"'\\"],
  ["letters of other scripts", "bücher 例え ελ 👍🏽", "bücher 例え ελ 👍🏽"],
  ["the replacement character", "\ufffd", "\ufffd"],
  ["line ends and tabs", "a\r\nb\tc", "a\\r\\nb\\tc"],
  ["C0", "\0\x01\x07\b\v\f\x1f", "\\x00\\x01\\x07\\x08\\x0b\\x0c\\x1f"],
  ["DEL", "\x7f", "\\x7f"],
  ["escape sequences", "\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"],
  ["C1", "\x80\x85\x9b31m\x9d\x9f", "\\x80\\x85\\x9b31m\\x9d\\x9f"],
  ["line and paragraph separators", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
  [
    "direction changers",
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "\\u{61c}\\u{200e}\\u{200f}\\u{202a}\\u{202b}\\u{202c}\\u{202d}\\u{202e}\\u{2066}\\u{2067}\\u{2068}\\u{2069}",
  ],
  ["zero width", "\u200b\u200c\u200d\u2060\ufeff", "\\u{200b}\\u{200c}\\u{200d}\\u{2060}\\u{feff}"],
  ["the soft hyphen", "a\u00adb", "a\\xadb"],
  ["tag characters", "\u{e0001}\u{e0041}", "\\u{e0001}\\u{e0041}"],
  ["a lone high surrogate", "a\ud83db", "a\\u{d83d}b"],
  ["a lone low surrogate", "\udc4d", "\\u{dc4d}"],
  ["surrogates in the wrong order", "\udc4d\ud83d", "\\u{dc4d}\\u{d83d}"],
  ["nothing", "", ""],
])("cleanText() writes %s", (_, text, clean) => {
  expect(cleanText(text)).toBe(clean);
});

test("cleanText() leaves one line of visible, well-formed text, whatever it is given", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, other) => {
      const clean = cleanText(`${one}\ud800${other}`);
      expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(clean.isWellFormed()).toBe(true);
      expect(cleanText(clean)).toBe(clean);
    }),
  );
});
