import { expect, test } from "bun:test";
import { Recent } from "../../src/guard/recent.ts";

test("Recent.of() makes each text's value once, and forgets all when there are too many", () => {
  const made: string[] = [];
  const recent = new Recent(2, (text) => {
    made.push(text);
    return text.length;
  });
  expect([recent.of("a"), recent.of("bb"), recent.of("a"), recent.of("bb")]).toEqual([1, 2, 1, 2]);
  expect(made).toEqual(["a", "bb"]);
  expect([recent.of("ccc"), recent.of("a")]).toEqual([3, 1]);
  expect(made).toEqual(["a", "bb", "ccc", "a"]);
});
