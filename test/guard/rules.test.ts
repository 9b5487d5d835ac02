import { describe, expect, test } from "bun:test";
import { readRules } from "../../src/guard/rules.ts";
import { cannotRead, UsageError } from "../../src/text/errors.ts";

function rulesOf(text: string): readonly string[] {
  const rules: string[] = [];
  readRules(text, "rules.txt", (rule) => void rules.push(rule));
  return rules;
}

describe("readRules() reads", () => {
  test.each<[string, readonly string[]]>([
    ["", []],
    ["\n\n \n\t\n", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["  a\t\n\tb  ", ["a", "b"]],
    ["# all of it", []],
    ["#a\n  # b\na # c # d\na#b # c\n", ["a", "a#b"]],
    ["a\t#\tb", ["a"]],
    ["a#", ["a#"]],
    ["\ufeffa\nb", ["a", "b"]],
    ["a b", ["a b"]],
    ["a\na", ["a", "a"]],
  ])("%j", (text, rules) => {
    expect(rulesOf(text)).toEqual(rules);
  });
});

test("readRules() says in which line of which file it is that a rule cannot be read", () => {
  const take = (rule: string) => {
    if (rule === "bad") throw cannotRead(rule, "a rule", "a good one");
  };
  expect(() => readRules("good\r\n\n# bad\n bad # worse\nbad", "rules.txt", take)).toThrow(
    new UsageError('Cannot read "bad" as a rule: want a good one (rules.txt, line 4)'),
  );
});

test("readRules() passes on what is a defect of ours as it is", () => {
  const defect = new TypeError("no");
  expect(() =>
    readRules("a", "rules.txt", () => {
      throw defect;
    }),
  ).toThrow(defect);
});

test("readRules() takes no longer for a line of a million blanks or signs than for a million rules", () => {
  const startedAtMs = performance.now();
  expect(rulesOf(`${" ".repeat(1_000_000)}a${" #".repeat(500_000)}`)).toEqual(["a"]);
  expect(rulesOf("a\n".repeat(1_000_000))).toHaveLength(1_000_000);
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
});
