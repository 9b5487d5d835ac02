import { describe, expect, test } from "bun:test";
import { isAlert, parseRange } from "../../src/report/range.ts";
import { UsageError } from "../../src/text/errors.ts";

/** The five examples of the Monitoring Plugins Development Guidelines, and their likes: seconds that alert, and that do not. */
describe("isAlert() of", () => {
  test.each<[string, readonly number[], readonly number[]]>([
    ["10", [10.001, 1e6], [0, 10]],
    ["10:", [0, 9.999], [10, 1e6]],
    ["~:10", [10.001], [0, 10]],
    ["10:20", [9.999, 20.001], [10, 20]],
    ["@10:20", [10, 15, 20], [9.999, 20.001]],
    ["@10", [0, 10], [10.001]],
    ["@10:", [10, 1e6], [9.999]],
    ["~:", [], [0, 1e6]],
    ["0", [0.001], [0]],
    ["1.5", [1.501], [1.5]],
    [".5:7.", [0.499, 7.001], [0.5, 7]],
    ["3:3", [2.999, 3.001], [3]],
  ])("%s", (text, alerts, others) => {
    const range = parseRange(text);
    expect(range.text).toBe(text);
    const judged = (seconds: readonly number[]) => seconds.map((each) => isAlert(range, each * 1000));
    expect(judged(alerts)).toEqual(alerts.map(() => true));
    expect(judged(others)).toEqual(others.map(() => false));
  });
});

describe("parseRange() throws a UsageError for", () => {
  const WANT = "want seconds, such as 2.5, or a range, such as 1:5 or @1:5";
  test.each([
    "",
    "@",
    ":",
    ":10",
    "x",
    "1s",
    "1e3",
    "-1",
    "-1:5",
    "~",
    "~10",
    "@@1",
    "1:2:3",
    "1,5",
    " 1",
    "0x10",
  ])("%j", (text) => {
    expect(() => parseRange(text)).toThrow(new UsageError(`Cannot read "${text}" as a threshold: ${WANT}`));
  });

  test.each(["20:10", "@2:1.999"])("%s, which ends before it starts", (text) => {
    const message = `Cannot read "${text}" as a threshold: it ends before it starts, ${WANT}`;
    expect(() => parseRange(text)).toThrow(new UsageError(message));
  });
});
