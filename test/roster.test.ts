import { describe, expect, test } from "bun:test";
import type { ProbeOutcome, ServerReport } from "../src/outcome.ts";
import { Roster } from "../src/roster.ts";
import { parseTargets } from "../src/target.ts";

const GREETED: ProbeOutcome = { kind: "greeted", reply: { code: 220, lines: [""], complete: true } };
const REFUSED: ProbeOutcome = { kind: "refused" };
const OURS: ProbeOutcome = { kind: "no-resources", cause: "EMFILE" };

/** A roster of servers, with what it announces as `name: what`. */
function rosterOf(servers: string, hasStopRule: boolean) {
  const targets = parseTargets(servers, 25);
  const announced: string[] = [];
  const roster = new Roster(targets, hasStopRule, (report) => announced.push(summary(report)));
  const settle = (at: number, outcome: ProbeOutcome) => {
    const target = targets[at];
    if (target === undefined) throw new Error(`Cannot find server ${at} of ${servers}`);
    const nothing = { address: null, dnsMs: null, connectMs: null, greetingMs: null, attempts: [] };
    roster.settle(at, { target, outcome, ...nothing });
  };
  return { roster, announced, settle, reported: () => roster.reports.map(summary) };
}

function summary({ target, outcome }: ServerReport): string {
  return `${target.server}: ${outcome.kind === "skipped" ? outcome.why : outcome.kind}`;
}

describe("Roster without a stop rule", () => {
  test("announces each server as it settles, and reports in list order", () => {
    const { roster, announced, settle, reported } = rosterOf("a b c", false);
    settle(2, REFUSED);
    settle(0, GREETED);
    expect(announced).toEqual(["c: refused", "a: greeted"]);
    expect(reported()).toEqual(["a: greeted", "c: refused"]);
    expect(roster.isSettled).toBe(false);
    settle(1, REFUSED);
    expect(roster.isSettled).toBe(true);
  });

  test("gives the verdict of the first in list order, or of the first to answer", () => {
    const { roster, settle } = rosterOf("a b c", false);
    settle(2, GREETED);
    expect(roster.verdict("arrival")).toEqual({ availability: "available", at: 2 });
    expect(roster.verdict("list")).toBeUndefined();
    settle(1, GREETED);
    settle(0, REFUSED);
    expect(roster.verdict("list")).toEqual({ availability: "available", at: 1 });
    expect(roster.verdict("arrival")).toEqual({ availability: "available", at: 2 });
  });

  test("gives the verdict that none is available, or that it cannot be told", () => {
    const { roster, settle } = rosterOf("a b", false);
    settle(0, REFUSED);
    expect(roster.verdict("list")).toBeUndefined();
    settle(1, OURS);
    expect(roster.verdict("list")).toEqual({ availability: "undetermined" });
  });
});

describe("Roster with a stop rule", () => {
  test("announces a server when it is settled and certain to count", () => {
    const { announced, settle, roster } = rosterOf("10:a 20:b", true);
    settle(0, GREETED);
    expect(announced).toEqual([]);
    roster.identify(0, "other");
    expect(announced).toEqual(["a: greeted"]);
    roster.identify(1, "other");
    expect(announced).toEqual(["a: greeted"]);
    settle(1, REFUSED);
    expect(announced).toEqual(["a: greeted", "b: refused"]);
    expect(roster.isSettled).toBe(true);
  });

  test("holds a server back that a later one of its preference may rule out", () => {
    const { announced, settle, roster } = rosterOf("10:a 10:b 20:c", true);
    roster.identify(0, "other");
    settle(0, GREETED);
    expect(announced).toEqual([]);
    expect(roster.verdict("list")).toBeUndefined();
    roster.identify(1, "stop");
    expect(announced).toEqual(["a: same-preference", "b: stop-host", "c: after-stop"]);
    expect(roster.verdict("list")).toEqual({ availability: "unavailable" });
    expect(roster.isSettled).toBe(true);
  });

  test("announces what stands after a certain stop host at once, and each server once", () => {
    const { announced, settle, roster, reported } = rosterOf("10:a 20:b 30:c 40:d", true);
    roster.identify(2, "stop");
    expect(announced).toEqual(["d: after-stop"]);
    expect([0, 1, 2, 3].map((at) => roster.isAnnounced(at))).toEqual([false, false, false, true]);
    roster.identify(0, "other");
    roster.identify(1, "other");
    expect(announced).toEqual(["d: after-stop", "c: stop-host"]);
    settle(0, REFUSED);
    settle(1, GREETED);
    expect(announced).toEqual(["d: after-stop", "c: stop-host", "a: refused", "b: greeted"]);
    expect(reported()).toEqual(["a: refused", "b: greeted", "c: stop-host", "d: after-stop"]);
  });

  test("an earlier stop host takes precedence over one known before", () => {
    const { announced, roster, reported } = rosterOf("a b c", true);
    roster.identify(2, "stop");
    roster.identify(0, "stop");
    expect(announced.toSorted()).toEqual(["a: stop-host", "b: after-stop", "c: after-stop"]);
    expect(reported()).toEqual(["a: stop-host", "b: after-stop", "c: after-stop"]);
    expect(roster.verdict("list")).toEqual({ availability: "unavailable" });
  });

  test("does not report what came of a server after it was announced not to count", () => {
    const { announced, settle, roster, reported } = rosterOf("5:z 10:a 10:b", true);
    roster.identify(0, "other");
    roster.identify(1, "other");
    roster.identify(2, "stop");
    settle(1, GREETED);
    expect(announced).toEqual(["b: stop-host", "a: same-preference"].toSorted());
    expect(reported()).toEqual(["a: same-preference", "b: stop-host"]);
  });
});
