import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import { connectionLimit } from "../../src/limits/descriptors.ts";

afterEach(() => {
  mock.restore();
});

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            SOFT                 524288               files
`;

function proc(soft: string, descriptorsOpen: number): void {
  spyOn(fs, "readFileSync").mockReturnValue(LIMITS.replace("SOFT", soft));
  spyOn(fs, "readdirSync").mockReturnValue(Array(descriptorsOpen).fill("0"));
}

describe("connectionLimit() of 256", () => {
  test.each([
    ["1024", 20, 256],
    ["284", 20, 256],
    ["283", 20, 255],
    ["64", 20, 36],
    ["20", 15, 1],
    ["5", 5, 1],
    ["unlimited", 20, 256],
  ])("with a soft limit of %s and %d descriptors open is %d", (soft, open, expected) => {
    proc(soft, open);
    expect(connectionLimit(256)).toBe(expected);
  });

  test("where the system does not tell is 256", () => {
    spyOn(fs, "readFileSync").mockImplementation(() => {
      throw Object.assign(new Error("no"), { code: "ENOENT" });
    });
    expect(connectionLimit(256)).toBe(256);
  });
});

test("connectionLimit() reads this system without a fault", () => {
  expect(connectionLimit(1)).toBe(1);
  expect(connectionLimit(1_000_000)).toBeLessThanOrEqual(1_000_000);
});
