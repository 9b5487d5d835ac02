import { expect, test } from "bun:test";
import { parseMinimum } from "../../src/report/minimum.ts";
import { UsageError } from "../../src/text/errors.ts";

test.each([
  ["2", 2, 1],
  ["1", 1, 1],
  ["0", 0, 0],
  ["3,2", 3, 2],
  ["3,3", 3, 3],
  ["3,0", 3, 0],
])("parseMinimum() of %s is %d to be OK and %d not to be critical", (text, warning, critical) => {
  expect(parseMinimum(text)).toEqual({ warning, critical });
});

const WANT = "want WARN[,CRIT], such as 2 or 3,1";

test.each(["", ",", "x", "1,", ",1", "1.5", "-1", "1,2,3", " 1", "1 ,1", "1000000000"])(
  "parseMinimum() throws for %j",
  (text) => {
    expect(() => parseMinimum(text)).toThrow(
      new UsageError(`Cannot read "${text}" as --min-available: ${WANT}`),
    );
  },
);

test("parseMinimum() throws where more are wanted not to be critical than to be OK", () => {
  expect(() => parseMinimum("1,2")).toThrow(
    new UsageError(`Cannot read "1,2" as --min-available: CRIT is larger than WARN, ${WANT}`),
  );
});
