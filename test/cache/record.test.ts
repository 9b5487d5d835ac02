import { expect, test } from "bun:test";
import { isRecord, parseJson } from "../../src/cache/record.ts";

test("isRecord() tells what has fields", () => {
  expect([{}, { a: 1 }, Object.create(null)].every(isRecord)).toBe(true);
  expect([undefined, null, 5, "text", [], [{}], () => {}].some(isRecord)).toBe(false);
});

test("parseJson() reads JSON", () => {
  expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
});

test.each([[""], ["{"], ['{"a":}'], ["\u0000"], ["[".repeat(1_000_000)]])(
  "parseJson() takes %.20j for nothing",
  (text) => {
    expect(parseJson(text)).toBeUndefined();
  },
);
