import { afterEach, describe, expect, jest, test } from "bun:test";
import { deadlinesOf } from "../../src/limits/deadline.ts";
import { Places } from "../../src/limits/places.ts";
import {
  addressesFound,
  type LimitedLookup,
  type LookupSettings,
  Lookups,
  mostTellingFailure,
} from "../../src/probe/lookups.ts";
import { type Zone, zoneResolver } from "../fake/zone-resolver.ts";

afterEach(() => {
  jest.useRealTimers();
});

function lookupsIn(zone: Zone, settings: Partial<LookupSettings> = {}) {
  const resolver = zoneResolver(zone);
  const { signal } = new AbortController();
  const places = new Places(100);
  const lookups = new Lookups({
    families: [6, 4],
    timeoutMs: 10_000,
    deadlines: deadlinesOf(signal),
    places,
    resolver,
    ...settings,
  });
  return { lookUp: (host: string) => lookups.of(host).all(), asked: resolver.asked, lookups, places };
}

const FOUR: LimitedLookup = { kind: "found", addresses: ["192.0.2.1"] };
const NONE: LimitedLookup = { kind: "not-found" };

describe("Lookups of()", () => {
  test("looks each name up once, both families, however often it is asked for", async () => {
    const { asked, lookUp } = lookupsIn({ "mx.test": ["192.0.2.1"], "other.test": "not-found" });
    const both = await Promise.all([lookUp("mx.test"), lookUp("mx.test")]);
    expect(both).toEqual([
      [NONE, FOUR],
      [NONE, FOUR],
    ]);
    expect(await lookUp("mx.test")).toEqual([NONE, FOUR]);
    expect(await lookUp("other.test")).toEqual([NONE, NONE]);
    expect(asked).toEqual(["mx.test 6", "mx.test 4", "other.test 6", "other.test 4"]);
  });

  test("asks for one family alone when that is all", async () => {
    const { asked, lookUp } = lookupsIn({ "mx.test": ["192.0.2.1"] }, { families: [4] });
    expect(await lookUp("mx.test")).toEqual([FOUR]);
    expect(asked).toEqual(["mx.test 4"]);
  });

  test("gives a family that takes too long up, and keeps the other", async () => {
    jest.useFakeTimers();
    const resolver = {
      addresses: (_: string, family: 4 | 6) =>
        family === 4
          ? Promise.resolve({ kind: "found", addresses: ["192.0.2.1"] } as const)
          : new Promise<never>(() => {}),
    };
    const { lookUp, places } = lookupsIn({}, { timeoutMs: 1_000, resolver });
    const lookup = lookUp("mx.test");
    await Bun.file("/dev/null").text();
    expect(places.taken).toBe(1);
    jest.advanceTimersByTime(1_004);
    expect(await lookup).toEqual([FOUR, { kind: "timed-out", stage: "dns" }]);
    await Bun.file("/dev/null").text();
    expect(places.taken).toBe(0);
  });

  test("fails when the resolver does, which is a defect, for early and late watchers", async () => {
    const { lookUp, places } = lookupsIn({});
    await expect(lookUp("mx.test")).rejects.toThrow("Cannot find mx.test in the zone");
    await expect(lookUp("mx.test")).rejects.toThrow("Cannot find mx.test in the zone");
    expect(places.taken).toBe(0);
  });

  test("tells a late watcher all that is known, and which answer is the last", async () => {
    const { lookUp, lookups } = lookupsIn({ "mx.test": ["192.0.2.1"] });
    await lookUp("mx.test");
    const heard: unknown[] = [];
    const failed = () => expect.unreachable();
    lookups.of("mx.test").watch({ heard: ({ family }, isLast) => heard.push([family, isLast]), failed });
    expect(heard).toEqual([
      [6, false],
      [4, true],
    ]);
  });
});

test("addressesFound() has all of them", () => {
  expect(addressesFound([FOUR, NONE, { kind: "found", addresses: ["::1"] }])).toEqual(["192.0.2.1", "::1"]);
});

test("mostTellingFailure() puts our own first and what was not found last", () => {
  const failures: readonly LimitedLookup[] = [
    { kind: "no-resources", cause: "EMFILE" },
    { kind: "dns-failure", cause: "SERVFAIL" },
    { kind: "timed-out", stage: "dns" },
    NONE,
  ];
  for (const [at, better] of failures.entries()) {
    for (const worse of failures.slice(at + 1)) {
      expect([mostTellingFailure([better, worse]), mostTellingFailure([worse, FOUR, better])]).toEqual([
        better as never,
        better as never,
      ]);
    }
  }
  expect(mostTellingFailure([FOUR])).toBeUndefined();
});
