import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Roster } from "../../src/check/roster.ts";
import type { ProbeOutcome, ServerReport } from "../../src/probe/outcome.ts";
import { parseTargets } from "../../src/text/target.ts";

const GREETED: ProbeOutcome = { kind: "greeted", reply: { code: 220, lines: [""], complete: true } };
const REFUSED: ProbeOutcome = { kind: "refused" };
const OURS: ProbeOutcome = { kind: "no-resources", cause: "EMFILE" };

/** A roster of servers, with what it announces as `name: what`. */
function rosterOf(servers: string, hasStopRule: boolean) {
  const targets = parseTargets(servers, 25);
  const announced: string[] = [];
  const roster = new Roster(
    targets.map((target) => ({ target })),
    hasStopRule,
    (report) => announced.push(summary(report)),
  );
  const settle = (at: number, outcome: ProbeOutcome) => {
    const target = targets[at];
    if (target === undefined) throw new Error(`Cannot find server ${at} of ${servers}`);
    const timings = { dnsMs: null, connectMs: null, greetingMs: null, elapsedMs: null, cachedAtMs: null };
    roster.settle(at, { target, outcome, address: null, ...timings, attempts: [] });
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
    expect(roster.verdict("arrival", "none")).toEqual({ status: "available", at: 2 });
    expect(roster.verdict("list", "none")).toBeUndefined();
    settle(1, GREETED);
    settle(0, REFUSED);
    expect(roster.verdict("list", "none")).toEqual({ status: "available", at: 1 });
    expect(roster.verdict("arrival", "none")).toEqual({ status: "available", at: 2 });
  });

  test("gives the verdict that none is available, or that it cannot be told", () => {
    const { roster, settle } = rosterOf("a b", false);
    settle(0, REFUSED);
    expect(roster.verdict("list", "none")).toBeUndefined();
    settle(1, OURS);
    expect(roster.verdict("list", "none")).toEqual({ status: "undetermined" });
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
    expect(roster.verdict("list", "none")).toBeUndefined();
    roster.identify(1, "stop");
    expect(announced).toEqual(["a: same-preference", "b: stop-host", "c: after-stop"]);
    expect(roster.verdict("list", "none")).toEqual({ status: "unavailable" });
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
    expect(roster.verdict("list", "none")).toEqual({ status: "unavailable" });
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

type Identity = "unknown" | "stop" | "other";

/** Why a server does not count once all identities are known, or that it does: the rule itself, and nothing of src/. */
function finalStanding(
  preferences: readonly (number | null)[],
  identities: readonly Identity[],
  at: number,
): string {
  const stopAt = identities.indexOf("stop");
  if (stopAt === -1) return "counts";
  if (stopAt === at) return "stop-host";
  if (preferences[stopAt] !== null && preferences[stopAt] === preferences[at]) return "same-preference";
  return at > stopAt ? "after-stop" : "counts";
}

function completions(identities: readonly Identity[]): readonly (readonly Identity[])[] {
  return identities.reduce<readonly (readonly Identity[])[]>(
    (lists, identity) => {
      const variants: readonly Identity[] = identity === "unknown" ? ["stop", "other"] : [identity];
      return lists.flatMap((list) => variants.map((variant) => [...list, variant]));
    },
    [[]],
  );
}

test("Roster announces a server exactly when its standing is certain and, if it counts, it has settled", () => {
  const runs = fc
    .array(
      fc.record({ preference: fc.constantFrom(null, 10, 20), isStop: fc.constantFrom(false, false, true) }),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .chain((servers) =>
      fc.record({
        servers: fc.constant(servers),
        news: fc.shuffledSubarray(
          servers.flatMap((_, at) => [{ at, is: "identified" } as const, { at, is: "settled" } as const]),
        ),
      }),
    );
  fc.assert(
    fc.property(runs, ({ servers, news }) => {
      const preferences = servers.map(({ preference }) => preference);
      const names = servers.map(({ preference }, at) =>
        preference === null ? `s${at}` : `${preference}:s${at}`,
      );
      const { roster, announced, settle, reported } = rosterOf(names.join(" "), true);
      const identities = servers.map((): Identity => "unknown");
      const settled = new Set<number>();
      for (const { at, is } of news) {
        if (is === "settled") {
          settled.add(at);
          settle(at, REFUSED);
        } else {
          const identity = servers[at]?.isStop ? "stop" : "other";
          identities[at] = identity;
          roster.identify(at, identity);
        }
        const all = completions(identities);
        const expected = servers.flatMap((_, one) => {
          const [why = "", ...others] = new Set(all.map((whole) => finalStanding(preferences, whole, one)));
          if (others.length > 0 || (why === "counts" && !settled.has(one))) return [];
          return [`s${one}: ${why === "counts" ? "refused" : why}`];
        });
        expect(announced.toSorted()).toEqual(expected);
      }
      for (const line of announced) expect(reported()).toContain(line);
      expect(roster.isSettled).toBe(announced.length === servers.length);
    }),
    { numRuns: 1_000 },
  );
});
