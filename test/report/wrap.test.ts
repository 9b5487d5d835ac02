import { expect, test } from "bun:test";
import fc from "fast-check";
import { wrap } from "../../src/report/wrap.ts";

test.each([
  ["", 10, [""]],
  ["one two three", 13, ["one two three"]],
  ["one two three", 12, ["one two", "three"]],
  ["one two three", 3, ["one", "two", "thr", "ee"]],
  ["one two", Infinity, ["one two"]],
  ["漢字漢", 5, ["漢字", "漢"]],
  ["漢字 漢字", 8, ["漢字", "漢字"]],
])("wrap() of %j to %d columns", (text, columns, lines) => {
  expect(wrap(text, columns)).toEqual(lines);
});

test("wrap() fills no line beyond the width, and loses no word that fits", () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom("a", "漢", "é"), minLength: 1, maxLength: 8 }));
  fc.assert(
    fc.property(words, fc.integer({ min: 16, max: 60 }), (texts, columns) => {
      const lines = wrap(texts.join(" "), columns);
      for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.join(" ")).toBe(texts.join(" "));
    }),
  );
});
