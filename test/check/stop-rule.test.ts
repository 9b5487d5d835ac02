import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { certainStanding, type Standing, standing } from "../../src/check/stop-rule.ts";
import { parseTargets } from "../../src/text/target.ts";

function standings(servers: string, stop: string): readonly Standing[] {
  const targets = parseTargets(servers, 25);
  const found = targets.findIndex(({ host }) => host === stop);
  const stopAt = found === -1 ? targets.length : found;
  return targets.map((_, at) => standing(targets, stopAt, at));
}

describe("standing()", () => {
  test.each<[string, string, string, readonly Standing[]]>([
    [
      "10:s1 10:s2 20:s3",
      "s2",
      "the manual page's first example",
      ["same-preference", "stop-host", "after-stop"],
    ],
    ["s1 s2 s3", "s2", "the manual page's second example", ["counts", "stop-host", "after-stop"]],
    ["10:s1 20:s2 30:s3", "s2", "the same with preferences", ["counts", "stop-host", "after-stop"]],
    ["10:s1 20:s2", "s9", "a stop host that is not in the list", ["counts", "counts"]],
    ["s1 s2", "s1", "the stop host in front", ["stop-host", "after-stop"]],
    ["20:s1 10:s2 20:s3", "s3", "the same preference far ahead", ["same-preference", "counts", "stop-host"]],
    ["10:s1 20:s2 10:s3", "s1", "the same preference behind", ["stop-host", "after-stop", "same-preference"]],
    ["0:s1 0:s2", "s2", "preference 0", ["same-preference", "stop-host"]],
    ["s1 0:s2 s3", "s2", "no preference is not preference 0", ["counts", "stop-host", "after-stop"]],
    ["0:s1 s2", "s2", "a stop host without a preference", ["counts", "stop-host"]],
    ["s2 10:s1 s2", "s2", "the stop host twice", ["stop-host", "after-stop", "after-stop"]],
    ["30:s1 20:s2 10:s3", "s2", "list order, not preference order", ["counts", "stop-host", "after-stop"]],
  ])("of %s with --stop %s: %s", (servers, stop, _, expected) => {
    expect(standings(servers, stop)).toEqual(expected);
  });
});

/** The last place is past the end: nowhere. */
const listsWithStops = fc
  .array(fc.record({ preference: fc.constantFrom(null, 0, 10, 20) }), { maxLength: 8 })
  .chain((list) =>
    fc.record({
      list: fc.constant(list),
      places: fc.subarray([...list.keys(), list.length], { minLength: 1 }),
    }),
  );

describe("certainStanding()", () => {
  test("says of every target what standing() says of it wherever the stop host may be, or nothing", () => {
    fc.assert(
      fc.property(listsWithStops, ({ list, places }) => {
        const standingOf = certainStanding(list, [places.at(-1) ?? list.length, ...places.slice(0, -1)]);
        for (const at of list.keys()) {
          const [one, ...others] = new Set(places.map((stopAt) => standing(list, stopAt, at)));
          expect(standingOf(at)).toBe(others.length === 0 ? one : undefined);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test("says of everything that it counts when the stop host is nowhere", () => {
    const standingOf = certainStanding([{ preference: 10 }, { preference: null }], [2]);
    expect([standingOf(0), standingOf(1)]).toEqual(["counts", "counts"]);
  });
});
