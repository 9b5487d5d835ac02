import { expect, test } from "bun:test";
import { enhancedCodeOf } from "../../src/smtp/enhanced-code.ts";

test.each<[number, readonly string[], string | null]>([
  [450, ["4.7.1 greylisted"], "4.7.1"],
  [550, ["5.1.1 a", "5.1.1 b"], "5.1.1"],
  [250, ["2.1.5"], "2.1.5"],
  [554, ["5.700.999 x"], "5.700.999"],
  [550, ["4.7.1 of another class (RFC 3463 §2)"], null],
  [550, ["no"], null],
  [550, ["5.1.1x"], null],
  [550, ["5.1 no"], null],
  [550, ["5.1.1000 no"], null],
  [550, [" 5.1.1 no"], null],
  [354, ["3.1.1 no class"], null],
  [550, [], null],
])("enhancedCodeOf(%d %j) is %p", (code, lines, enhanced) => {
  expect(enhancedCodeOf({ code, lines, complete: true })).toBe(enhanced);
});
