import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Identity } from "../../src/check/stop-places.ts";
import type { Order, Requirement, Verdict } from "../../src/check/verdict.ts";
import { judge, type Known } from "./judge.ts";

const ALL_IDENTITIES = ["stop", "other"] as const;
const ALL_STATUSES = ["available", "unavailable", "undetermined"] as const;

/** The rule itself, when everything is known: no cleverness, and nothing shared with src/. */
function finalVerdict(known: readonly Known[], order: Order, requirement: Requirement): Verdict {
  const stop = known.find(({ identity }) => identity === "stop");
  const before = stop === undefined ? known : known.slice(0, known.indexOf(stop));
  const isRival = ({ preference }: Known) => stop?.preference != null && preference === stop.preference;
  const counting = before.filter((server) => !isRival(server) && server.status !== "skipped");
  const isUndetermined = counting.some(({ status }) => status === "undetermined");
  if (requirement === "all") {
    const isNo = counting.length === 0 || counting.some(({ status }) => status === "unavailable");
    if (isNo) return { status: "unavailable" };
    if (isUndetermined) return { status: "undetermined" };
  }
  const available = counting.filter(({ status }) => status === "available");
  const [chosen] =
    order === "list" ? available : available.toSorted((one, other) => one.arrival - other.arrival);
  if (chosen !== undefined) return { status: "available", at: known.indexOf(chosen) };
  return { status: isUndetermined ? "undetermined" : "unavailable" };
}

/** Every way in which what is unknown can turn out; of those still to answer, the order of the list and its reverse stand for all. */
function completions(known: readonly Known[]): readonly (readonly Known[])[] {
  const each = known.map((server, at) => {
    const identities = server.identity === "unknown" ? ALL_IDENTITIES : [server.identity];
    const isOpen = server.status === "unknown";
    const statuses = isOpen ? ALL_STATUSES : [server.status];
    const arrivals = isOpen ? [100 + at, 200 - at] : [server.arrival];
    return identities.flatMap((identity) =>
      statuses.flatMap((status) => arrivals.map((arrival) => ({ ...server, identity, status, arrival }))),
    );
  });
  return each.reduce<readonly (readonly Known[])[]>(
    (lists, variants) => lists.flatMap((list) => variants.map((variant) => [...list, variant])),
    [[]],
  );
}

function agreed(known: readonly Known[], order: Order, requirement: Requirement): Verdict | undefined {
  const verdicts = new Map(
    completions(known)
      .map((whole) => finalVerdict(whole, order, requirement))
      .map((verdict) => [JSON.stringify(verdict), verdict]),
  );
  return verdicts.size === 1 ? [...verdicts.values()][0] : undefined;
}

const orders = fc.constantFrom<Order>("list", "arrival");
const requirements = fc.constantFrom<Requirement>("none", "any", "all");

function lists(maxLength: number): fc.Arbitrary<readonly Known[]> {
  const server = fc.record({
    preference: fc.constantFrom(null, 0, 10, 20),
    identity: fc.constantFrom<Identity>("unknown", "stop", "other", "other"),
    status: fc.constantFrom<Known["status"]>("unknown", "skipped", "available", ...ALL_STATUSES),
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
    fc.property(lists(4), orders, requirements, (known, order, requirement) => {
      expect(judge(known, order, requirement)).toEqual(agreed(known, order, requirement));
    }),
    { numRuns: 3_000 },
  );
});

test("judge() never takes a verdict back, in whatever order things become known", () => {
  const whole = lists(6).map((known) =>
    known.map((server, at) => ({
      ...server,
      identity: server.identity === "unknown" ? ("other" as const) : server.identity,
      status: server.status === "unknown" ? (ALL_STATUSES[at % 3] ?? "available") : server.status,
    })),
  );
  const run = whole.chain((known) =>
    fc.record({
      known: fc.constant(known),
      news: fc.shuffledSubarray(
        known.flatMap((_, at) => [{ at, of: "identity" } as const, { at, of: "status" } as const]),
        { minLength: known.length * 2 },
      ),
    }),
  );
  fc.assert(
    fc.property(run, orders, requirements, ({ known, news }, order, requirement) => {
      const arrivals = news.filter(({ of }) => of === "status").map(({ at }) => at);
      const final = known.map((server, at) => ({ ...server, arrival: arrivals.indexOf(at) + 1 }));
      let sofar: readonly Known[] = final.map((server) => ({
        ...server,
        identity: "unknown",
        status: "unknown",
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
              : { ...server, status: truth.status, arrival: truth.arrival };
          });
        }
        return judge(sofar, order, requirement);
      });
      const given = verdicts.filter((verdict) => verdict !== undefined);
      expect(new Set(given.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
      expect(verdicts.at(-1)).toEqual(finalVerdict(final, order, requirement));
    }),
    { numRuns: 1_500 },
  );
});
