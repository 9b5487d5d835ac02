import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Standing, StopPlaces } from "../../src/check/stop-places.ts";
import { parseTargets } from "../../src/text/target.ts";

/** The rule itself, when it is known where the stop host stands, which may be past the end: nothing of src/. */
function standing(preferences: readonly (number | null)[], stopAt: number, at: number): Standing {
  if (at === stopAt) return "stop-host";
  const preference = preferences[stopAt] ?? null;
  if (preference !== null && preferences[at] === preference) return "same-preference";
  return at > stopAt ? "after-stop" : "counts";
}

function standings(servers: string, stop: string): readonly Standing[] {
  const targets = parseTargets(servers, 25);
  const preferences = targets.map(({ preference }) => preference);
  const found = targets.findIndex(({ host }) => host === stop);
  const stopAt = found === -1 ? targets.length : found;
  return targets.map((_, at) => standing(preferences, stopAt, at));
}

/** What StopPlaces tells of each when all have been identified, the last first. */
function told(servers: string, stop: string): readonly (Standing | undefined)[] {
  const targets = parseTargets(servers, 25);
  const standings: (Standing | undefined)[] = targets.map(() => undefined);
  const stops = new StopPlaces(
    targets.map(({ preference }) => preference),
    true,
    (at, standing) => {
      standings[at] = standing;
    },
  );
  for (const at of [...targets.keys()].reverse()) {
    stops.identify(at, targets[at]?.host === stop ? "stop" : "other");
  }
  return standings;
}

describe("StopPlaces, and the rule it is held against", () => {
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
    expect(told(servers, stop)).toEqual(expected);
  });
});

describe("StopPlaces", () => {
  test("tells each place once, as soon as standing() is the same wherever the stop host may be, and not before", () => {
    const list = fc.array(fc.record({ preference: fc.constantFrom(null, 0, 10, 20), isStop: fc.boolean() }), {
      maxLength: 7,
    });
    const runs = list.chain((servers) =>
      fc.record({
        servers: fc.constant(servers),
        order: fc.shuffledSubarray([...servers.keys()], { minLength: servers.length }),
      }),
    );
    fc.assert(
      fc.property(runs, ({ servers, order }) => {
        const preferences = servers.map(({ preference }) => preference);
        const told = new Map<number, Standing>();
        const stops = new StopPlaces(preferences, true, (at, standing) => {
          expect(told.has(at)).toBe(false);
          told.set(at, standing);
        });
        const identified = new Set<number>();
        for (const news of [undefined, ...order]) {
          if (news === undefined) stops.identify();
          else stops.identify(news, servers[news]?.isStop ? "stop" : "other");
          if (news !== undefined) identified.add(news);
          const firstStop = [...servers.keys()].find((at) => identified.has(at) && servers[at]?.isStop);
          const farthest = firstStop ?? servers.length;
          const places = [...servers.keys(), servers.length].filter(
            (at) => at === farthest || (at < farthest && !identified.has(at)),
          );
          expect([...servers.keys(), servers.length].filter((at) => stops.has(at))).toEqual(places);
          expect([stops.nearest, stops.farthest, stops.isKnown]).toEqual([
            places[0] ?? 0,
            farthest,
            places.length === 1,
          ]);
          for (const at of servers.keys()) {
            const [one, ...others] = new Set(places.map((stopAt) => standing(preferences, stopAt, at)));
            expect(told.get(at)).toBe(others.length === 0 ? one : undefined);
          }
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test("says of everything that it counts when there is no stop rule", () => {
    const told: string[] = [];
    new StopPlaces([10, null], false, (at, standing) => told.push(`${at} ${standing}`)).identify();
    expect(told).toEqual(["0 counts", "1 counts"]);
  });

  test("takes no more steps a target for a list ten times as long", () => {
    const tellsOf = (length: number) => {
      let reads = 0;
      const preferences = new Proxy(new Array<number | null>(length).fill(10), {
        get(list, key) {
          reads += 1;
          return Reflect.get(list, key);
        },
      });
      const stops = new StopPlaces(preferences, true, () => {});
      for (let at = 0; at < length; at += 1) stops.identify(at, "other");
      return reads / length;
    };
    expect(tellsOf(5_000) / tellsOf(500)).toBeLessThan(1.1);
  });
});
