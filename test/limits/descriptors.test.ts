import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import {
  descriptorRoom,
  lendDescriptors,
  stopLending,
  takeBackDescriptors,
} from "../../src/limits/descriptors.ts";

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

describe("descriptorRoom()", () => {
  test.each([
    ["1024", 20, 996],
    ["64", 20, 36],
    ["20", 15, 0],
    ["5", 5, 0],
    ["unlimited", 20, Number.POSITIVE_INFINITY],
  ])("with a soft limit of %s and %d descriptors open is %d", (soft, open, expected) => {
    proc(soft, open);
    expect(descriptorRoom()).toBe(expected);
  });

  test("where the system does not tell is infinite", () => {
    spyOn(fs, "readFileSync").mockImplementation(() => {
      throw Object.assign(new Error("no"), { code: "ENOENT" });
    });
    expect(descriptorRoom()).toBe(Number.POSITIVE_INFINITY);
  });

  test("reads this system without a fault", () => {
    expect(descriptorRoom()).toBeGreaterThan(0);
  });
});

test("takeBackDescriptors() asks everybody who lends, and tells whether somebody held any", () => {
  const [has, hasNone] = [mock(() => true), mock(() => false)];
  expect(takeBackDescriptors()).toBe(false);
  lendDescriptors(hasNone);
  expect(takeBackDescriptors()).toBe(false);
  lendDescriptors(has);
  expect(takeBackDescriptors()).toBe(true);
  stopLending(has);
  stopLending(hasNone);
  expect([takeBackDescriptors(), has.mock.calls.length, hasNone.mock.calls.length]).toEqual([false, 1, 2]);
});
