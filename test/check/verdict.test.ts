import { describe, expect, test } from "bun:test";
import type { Identity } from "../../src/check/stop-rule.ts";
import { judge, type Known, type Order, possibleStops, type Verdict } from "../../src/check/verdict.ts";

describe("judge()", () => {
  const a = { preference: null, identity: "other", availability: "available", arrival: 2 } as const;
  const down = { ...a, availability: "unavailable" } as const;
  const ours = { ...a, availability: "undetermined" } as const;
  const open = { ...a, availability: "unknown", arrival: 0 } as const;
  const skipped = { ...a, availability: "skipped" } as const;

  test.each<[string, readonly Known[], Order, Verdict | undefined]>([
    ["an empty list", [], "list", { availability: "unavailable" }],
    ["the first available", [a, open], "list", { availability: "available", at: 0 }],
    ["the second available, the first open", [open, a], "list", undefined],
    ["the same, the first to answer wanted", [open, a], "arrival", { availability: "available", at: 1 }],
    [
      "the first to answer of two",
      [a, { ...a, arrival: 1 }],
      "arrival",
      { availability: "available", at: 1 },
    ],
    ["all down", [down, down], "list", { availability: "unavailable" }],
    ["one undetermined", [ours, down], "list", { availability: "undetermined" }],
    ["one undetermined before one available", [ours, a], "list", { availability: "available", at: 1 }],
    ["one undetermined, one open", [ours, open], "list", undefined],
    ["the stop host in front", [{ ...open, identity: "stop" }, a], "list", { availability: "unavailable" }],
    [
      "available, and a later one perhaps the stop host",
      [a, { ...open, identity: "unknown" }],
      "list",
      { availability: "available", at: 0 },
    ],
    [
      "available, and a later one of its preference perhaps the stop host",
      [
        { ...a, preference: 10 },
        { ...open, preference: 10, identity: "unknown" },
      ],
      "list",
      undefined,
    ],
    [
      "an undetermined one that does not count",
      [down, { ...open, identity: "stop" }, ours],
      "list",
      { availability: "unavailable" },
    ],
  ])("of %s", (_, known, order, verdict) => {
    for (const requirement of ["none", "any"] as const) {
      expect(judge(known, order, requirement)).toEqual(verdict);
    }
  });

  test.each<[string, readonly Known[], Verdict | undefined]>([
    ["an empty list", [], { availability: "unavailable" }],
    ["none but skipped ones", [skipped, skipped], { availability: "unavailable" }],
    ["all up", [a, a], { availability: "available", at: 0 }],
    ["all up but a skipped one", [skipped, a], { availability: "available", at: 1 }],
    ["one down, others open", [open, down, open], { availability: "unavailable" }],
    ["one up, one open", [a, open], undefined],
    ["one down, one undetermined", [down, ours], { availability: "unavailable" }],
    ["one up, one undetermined", [a, ours], { availability: "undetermined" }],
    ["one undetermined, one open", [ours, open], undefined],
    [
      "one down behind the stop host",
      [a, { ...open, identity: "stop" }, down],
      { availability: "available", at: 0 },
    ],
    ["one down that may stand behind the stop host", [a, { ...open, identity: "unknown" }, down], undefined],
    [
      "one down in front of all that may be the stop host",
      [down, { ...open, identity: "unknown" }],
      { availability: "unavailable" },
    ],
    [
      "one that is the stop host, or down",
      [{ ...down, identity: "unknown" }],
      { availability: "unavailable" },
    ],
  ])("of %s, when all are required", (_, known, verdict) => {
    expect(judge(known, "list", "all")).toEqual(verdict);
  });
});

test("possibleStops() puts the farthest place first", () => {
  const server = (identity: Identity): Known => ({
    preference: null,
    identity,
    availability: "unknown",
    arrival: 0,
  });
  expect(possibleStops([server("unknown"), server("other"), server("unknown")])).toEqual([3, 0, 2]);
  expect(possibleStops([server("unknown"), server("stop"), server("unknown"), server("stop")])).toEqual([
    1, 0,
  ]);
});
