import { describe, expect, test } from "bun:test";
import { passStopGate } from "../../src/check/stop-gate.ts";
import { StopHostError } from "../../src/check/stop-hosts.ts";
import { deadlinesOf } from "../../src/limits/deadline.ts";
import { Places } from "../../src/limits/places.ts";
import { Lookups } from "../../src/probe/lookups.ts";
import { parseTargets } from "../../src/text/target.ts";
import { type Zone, zoneResolver } from "../fake/zone-resolver.ts";

/** Lets servers through, and takes note of who is what, by place. */
async function pass(servers: string, stop: readonly string[], zone: Zone, names: readonly string[] = []) {
  const resolver = zoneResolver(zone);
  const lookups = new Lookups({
    resolver,
    families: [6, 4],
    timeoutMs: 1_000,
    deadlines: deadlinesOf(new AbortController().signal),
    places: new Places(9),
  });
  const identities: Record<number, string> = {};
  const doubts: StopHostError[] = [];
  let advances = 0;
  const rule = { names: new Set(names), addresses: Promise.resolve(new Set(stop)) };
  const listed = parseTargets(servers, 25).map((target) => ({ target }));
  await passStopGate(listed, rule, lookups, {
    identify(at, identity) {
      identities[at] = identity;
    },
    doubt: (why) => doubts.push(why),
    advance() {
      advances += 1;
    },
  });
  return { identities, doubts, advances, asked: resolver.asked };
}

describe("passStopGate()", () => {
  test("knows addresses without asking, and names by any address of either family", async () => {
    const zone = { "a.test": ["192.0.2.1"], "b.test": ["192.0.2.2", "2001:db8::9"] } as const;
    const { identities, doubts } = await pass(
      "192.0.2.9 a.test b.test 192.0.2.3",
      ["2001:db8::9", "192.0.2.9"],
      zone,
    );
    expect([identities, doubts]).toEqual([{ 0: "stop", 1: "other", 2: "stop", 3: "other" }, []]);
  });

  test("knows one by its name at once, and asks for nobody behind it", async () => {
    const { identities, asked } = await pass("a.test me.test c.test", [], { "a.test": "not-found" }, [
      "me.test",
    ]);
    expect([identities, asked]).toEqual([{ 0: "other", 1: "stop" }, ["a.test 6", "a.test 4"]]);
  });

  test("takes one that cannot be found for another, and doubts one that this machine could not look up", async () => {
    const zone = {
      "a.test": "not-found",
      "b.test": { failure: "SERVFAIL" },
      "c.test": { ownFailure: "EMFILE" },
    } as const;
    const { identities, doubts, advances } = await pass("a.test b.test c.test", ["192.0.2.9"], zone);
    expect([identities, doubts]).toEqual([
      { 0: "other", 1: "other" },
      [new StopHostError('Cannot tell whether "c.test" is the stop host: EMFILE')],
    ]);
    expect(advances).toBe(4);
  });
});
