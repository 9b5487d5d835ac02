import { expect, test } from "bun:test";
import fc from "fast-check";
import { clip } from "../../src/report/clip.ts";
import { cleanText } from "../../src/text/clean-text.ts";
import { hostileText } from "./arbitrary-reports.ts";

test.each([
  ["mx1.example.test", 16, "mx1.example.test"],
  ["mx1.example.test", 15, "mx1.example.te…"],
  ["漢字漢字", 7, "漢字漢…"],
  ["漢字漢字", 6, "漢字…"],
  ["👍🏽👍🏽", 3, "👍🏽…"],
  ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
  ["漢字", 1, "…"],
])("clip() cuts %j to %d columns", (text, columns, cut) => {
  expect(clip(text, columns)).toBe(cut);
});

/** Text without the combining marks that came to Unicode after Bun's tables. */
const knownText = hostileText.map((text) =>
  cleanText(
    text.replace(/\p{Mn}/gu, (mark) => (Bun.sliceAnsi(`e${mark}x`, 0, 1) === `e${mark}` ? mark : "")),
  ),
);

test("clip() leaves whole characters, no wider than there is room for", () => {
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
  fc.assert(
    fc.property(knownText, fc.integer({ min: 1, max: 40 }), (text, columns) => {
      const cut = clip(text, columns);
      expect(Bun.stringWidth(cut)).toBeLessThanOrEqual(columns);
      if (cut === text) return;
      const boundaries = Array.from(graphemes.segment(text), ({ index }) => text.slice(0, index));
      expect(boundaries).toContain(cut.slice(0, -1));
    }),
    { numRuns: 300 },
  );
});
