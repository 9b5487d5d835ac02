import { describe, expect, test } from "bun:test";
import type { Order, Verdict } from "../../src/check/verdict.ts";
import { judge, type Known } from "./judge.ts";

describe("judge()", () => {
  const a = { preference: null, identity: "other", status: "available", arrival: 2 } as const;
  const down = { ...a, status: "unavailable" } as const;
  const ours = { ...a, status: "undetermined" } as const;
  const open = { ...a, status: "unknown", arrival: 0 } as const;
  const skipped = { ...a, status: "skipped" } as const;

  test.each<[string, readonly Known[], Order, Verdict | undefined]>([
    ["an empty list", [], "list", { status: "unavailable" }],
    ["the first available", [a, open], "list", { status: "available", at: 0 }],
    ["the second available, the first open", [open, a], "list", undefined],
    ["the same, the first to answer wanted", [open, a], "arrival", { status: "available", at: 1 }],
    ["the first to answer of two", [a, { ...a, arrival: 1 }], "arrival", { status: "available", at: 1 }],
    ["all down", [down, down], "list", { status: "unavailable" }],
    ["one undetermined", [ours, down], "list", { status: "undetermined" }],
    ["one undetermined before one available", [ours, a], "list", { status: "available", at: 1 }],
    ["one undetermined, one open", [ours, open], "list", undefined],
    ["the stop host in front", [{ ...open, identity: "stop" }, a], "list", { status: "unavailable" }],
    [
      "available, and a later one perhaps the stop host",
      [a, { ...open, identity: "unknown" }],
      "list",
      { status: "available", at: 0 },
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
      { status: "unavailable" },
    ],
  ])("of %s", (_, known, order, verdict) => {
    for (const requirement of ["none", "any"] as const) {
      expect(judge(known, order, requirement)).toEqual(verdict);
    }
  });

  test.each<[string, readonly Known[], Verdict | undefined]>([
    ["an empty list", [], { status: "unavailable" }],
    ["none but skipped ones", [skipped, skipped], { status: "unavailable" }],
    ["all up", [a, a], { status: "available", at: 0 }],
    ["all up but a skipped one", [skipped, a], { status: "available", at: 1 }],
    ["one down, others open", [open, down, open], { status: "unavailable" }],
    ["one up, one open", [a, open], undefined],
    ["one down, one undetermined", [down, ours], { status: "unavailable" }],
    ["one up, one undetermined", [a, ours], { status: "undetermined" }],
    ["one undetermined, one open", [ours, open], undefined],
    [
      "one down behind the stop host",
      [a, { ...open, identity: "stop" }, down],
      { status: "available", at: 0 },
    ],
    ["one down that may stand behind the stop host", [a, { ...open, identity: "unknown" }, down], undefined],
    [
      "one down in front of all that may be the stop host",
      [down, { ...open, identity: "unknown" }],
      { status: "unavailable" },
    ],
    ["one that is the stop host, or down", [{ ...down, identity: "unknown" }], { status: "unavailable" }],
  ])("of %s, when all are required", (_, known, verdict) => {
    expect(judge(known, "list", "all")).toEqual(verdict);
  });
});
