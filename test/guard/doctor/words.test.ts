import { describe, expect, test } from "bun:test";
import { insideBraces, logicalLines, splitWords } from "../../../src/guard/doctor/words.ts";

describe("splitWords() splits", () => {
  test.each<[string, readonly string[]]>([
    ["", []],
    [" , ,, ", []],
    ["a, b c\td,e", ["a", "b", "c", "d", "e"]],
    ["a { b, c = d } e", ["a", "{ b, c = d }", "e"]],
    ["inline:{ { a = b }, {c=d} }x y", ["inline:{ { a = b }, {c=d} }x", "y"]],
    ["a { b, c", ["a", "{ b, c"]],
    ["a } b", ["a", "}", "b"]],
  ])("%j", (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});

test("insideBraces() is what stands between them, and undefined without", () => {
  expect(["{ a b }", "{a}", "{}", "a", "{ a"].map(insideBraces)).toEqual([
    "a b",
    "a",
    "",
    undefined,
    undefined,
  ]);
});

describe("logicalLines() joins", () => {
  test.each<[string, readonly string[]]>([
    ["", []],
    ["a = b\nc = d\n", ["a = b", "c = d"]],
    ["a = b,\n  c,\n# no\n\n  # no\n\td\r\ne = f", ["a = b, c, d", "e = f"]],
    ["  first", ["first"]],
  ])("%j", (text, lines) => {
    expect(logicalLines(text)).toEqual(lines);
  });
});
