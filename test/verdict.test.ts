import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Identity } from "../src/candidates.ts";
import {
  type Availability,
  judge,
  type Known,
  type Order,
  possibleStops,
  type Verdict,
} from "../src/verdict.ts";

const ALL_IDENTITIES = ["stop", "other"] as const;
const ALL_AVAILABILITIES = ["available", "unavailable", "undetermined"] as const;

/** The rule itself, when everything is known: no cleverness, and nothing shared with src/. */
function finalVerdict(known: readonly Known[], order: Order): Verdict {
  const stop = known.find(({ identity }) => identity === "stop");
  const before = stop === undefined ? known : known.slice(0, known.indexOf(stop));
  const isRival = ({ preference }: Known) => stop?.preference != null && preference === stop.preference;
  const counting = before.filter((server) => !isRival(server));
  const available = counting.filter(({ availability }) => availability === "available");
  const [chosen] =
    order === "list" ? available : available.toSorted((one, other) => one.arrival - other.arrival);
  if (chosen !== undefined) return { availability: "available", at: known.indexOf(chosen) };
  const isUndetermined = counting.some(({ availability }) => availability === "undetermined");
  return { availability: isUndetermined ? "undetermined" : "unavailable" };
}

/** Every way in which what is unknown can turn out; of those still to answer, the order of the list and its reverse stand for all. */
function completions(known: readonly Known[]): readonly (readonly Known[])[] {
  const each = known.map((server, at) => {
    const identities = server.identity === "unknown" ? ALL_IDENTITIES : [server.identity];
    const isOpen = server.availability === "unknown";
    const availabilities = isOpen ? ALL_AVAILABILITIES : [server.availability];
    const arrivals = isOpen ? [100 + at, 200 - at] : [server.arrival];
    return identities.flatMap((identity) =>
      availabilities.flatMap((availability) =>
        arrivals.map((arrival) => ({ ...server, identity, availability, arrival })),
      ),
    );
  });
  return each.reduce<readonly (readonly Known[])[]>(
    (lists, variants) => lists.flatMap((list) => variants.map((variant) => [...list, variant])),
    [[]],
  );
}

function agreed(known: readonly Known[], order: Order): Verdict | undefined {
  const verdicts = new Map(
    completions(known)
      .map((whole) => finalVerdict(whole, order))
      .map((verdict) => [JSON.stringify(verdict), verdict]),
  );
  return verdicts.size === 1 ? [...verdicts.values()][0] : undefined;
}

const orders = fc.constantFrom<Order>("list", "arrival");

function lists(maxLength: number): fc.Arbitrary<readonly Known[]> {
  const server = fc.record({
    preference: fc.constantFrom(null, 0, 10, 20),
    identity: fc.constantFrom<Identity>("unknown", "stop", "other", "other"),
    availability: fc.constantFrom<Availability | "unknown">("unknown", ...ALL_AVAILABILITIES),
  });
  return fc.array(server, { maxLength }).chain((servers) =>
    fc
      .shuffledSubarray(
        servers.map((_, at) => at + 1),
        { minLength: servers.length },
      )
      .map((arrivals) => servers.map((one, at) => ({ ...one, arrival: arrivals[at] ?? 0 }))),
  );
}

test("judge() gives a verdict exactly when all that is unknown leaves only one, and gives that one", () => {
  fc.assert(
    fc.property(lists(4), orders, (known, order) => {
      expect(judge(known, order)).toEqual(agreed(known, order));
    }),
    { numRuns: 1_500 },
  );
});

test("judge() never takes a verdict back, in whatever order things become known", () => {
  const whole = lists(6).map((known) =>
    known.map((server, at) => ({
      ...server,
      identity: server.identity === "unknown" ? ("other" as const) : server.identity,
      availability:
        server.availability === "unknown" ? (ALL_AVAILABILITIES[at % 3] ?? "available") : server.availability,
    })),
  );
  const run = whole.chain((known) =>
    fc.record({
      known: fc.constant(known),
      news: fc.shuffledSubarray(
        known.flatMap((_, at) => [{ at, of: "identity" } as const, { at, of: "availability" } as const]),
        { minLength: known.length * 2 },
      ),
    }),
  );
  fc.assert(
    fc.property(run, orders, ({ known, news }, order) => {
      const arrivals = news.filter(({ of }) => of === "availability").map(({ at }) => at);
      const final = known.map((server, at) => ({ ...server, arrival: arrivals.indexOf(at) + 1 }));
      let sofar: readonly Known[] = final.map((server) => ({
        ...server,
        identity: "unknown",
        availability: "unknown",
        arrival: 0,
      }));
      const verdicts = [undefined, ...news].map((piece) => {
        if (piece !== undefined) {
          const { at, of } = piece;
          sofar = sofar.map((server, index) => {
            const truth = final[index];
            if (index !== at || truth === undefined) return server;
            return of === "identity"
              ? { ...server, identity: truth.identity }
              : { ...server, availability: truth.availability, arrival: truth.arrival };
          });
        }
        return judge(sofar, order);
      });
      const given = verdicts.filter((verdict) => verdict !== undefined);
      expect(new Set(given.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
      expect(verdicts.at(-1)).toEqual(finalVerdict(final, order));
    }),
    { numRuns: 1_500 },
  );
});

describe("judge()", () => {
  const a = { preference: null, identity: "other", availability: "available", arrival: 2 } as const;
  const down = { ...a, availability: "unavailable" } as const;
  const ours = { ...a, availability: "undetermined" } as const;
  const open = { ...a, availability: "unknown", arrival: 0 } as const;

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
    expect(judge(known, order)).toEqual(verdict);
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
