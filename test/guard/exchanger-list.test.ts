import { afterEach, describe, expect, test } from "bun:test";
import { type GuardResolver, lookUpList, lookupTimesOf } from "../../src/guard/exchanger-list.ts";
import { deadlinesOf } from "../../src/limits/deadline.ts";
import type { ExchangeLookup } from "../../src/names/exchanges.ts";

const run = new AbortController();
const times = lookupTimesOf(deadlinesOf(run.signal));

afterEach(() => expect(run.signal.aborted).toBe(false));

/** Answers with these exchanges, and of the names in the table with their addresses; "silent" never. */
function resolverOf(
  exchanges: ExchangeLookup,
  hosts: Readonly<Record<string, readonly string[] | "silent" | "rejects">> = {},
): GuardResolver {
  return {
    exchanges: async () => exchanges,
    async addresses(host, family) {
      const known = hosts[host] ?? [];
      if (known === "rejects") throw new Error("defect");
      if (known === "silent") return new Promise(() => {});
      const addresses = known.filter((address) => address.includes(":") === (family === 6));
      return addresses.length > 0 ? { kind: "found", addresses } : { kind: "not-found" };
    },
  };
}

const found = (...exchanges: readonly (readonly [number, string])[]): ExchangeLookup => ({
  kind: "found",
  exchanges: exchanges.map(([preference, exchange]) => ({ preference, exchange })),
});
const look = (resolver: GuardResolver) => lookUpList("example.test", resolver, times);

describe("lookUpList()", () => {
  test("lists exchangers by preference, each with its addresses", async () => {
    const resolver = resolverOf(found([20, "MX2.example.test."], [10, "mx1.example.test"]), {
      "mx1.example.test": ["192.0.2.1", "2001:db8::1"],
      "mx2.example.test": ["192.0.2.2"],
    });
    expect(await look(resolver)).toEqual({
      kind: "found",
      exchangers: [
        {
          preference: 10,
          name: "mx1.example.test",
          addresses: { 4: ["192.0.2.1"], 6: ["2001:db8::1"] },
          isIpv4Alone: false,
          failed: [],
        },
        {
          preference: 20,
          name: "mx2.example.test",
          addresses: { 4: ["192.0.2.2"], 6: [] },
          isIpv4Alone: true,
          failed: [],
        },
      ],
    });
  });

  test.each<[string, ExchangeLookup]>([
    ["a domain without MX records, which is its own server", { kind: "none" }],
    ["a null MX", found([0, ""])],
  ])("lists nobody for %s", async (_, exchanges) => {
    expect(await look(resolverOf(exchanges))).toEqual({ kind: "found", exchangers: [] });
  });

  test("says why the exchangers cannot be looked up", async () => {
    expect(await look(resolverOf({ kind: "failed", cause: "SERVFAIL" }))).toEqual({
      kind: "failed",
      cause: expect.stringContaining("SERVFAIL"),
    });
  });

  test("gives no addresses to an exchanger that is no host name, or cannot be looked up", async () => {
    const resolver = resolverOf(found([1, "192.0.2.1"], [2, "a b"], [3, "none.test"], [4, "bad.test"]), {
      "bad.test": "rejects",
    });
    const list = await look(resolver);
    expect(list.kind === "found" && list.exchangers.map(({ addresses }) => addresses)).toEqual(
      new Array(4).fill({ 4: [], 6: [] }),
    );
  });

  test("does not wait for one name longer than 4 s", async () => {
    const resolver = resolverOf(found([10, "silent.test"], [20, "mx2.example.test"]), {
      "silent.test": "silent",
      "mx2.example.test": ["192.0.2.2"],
    });
    const list = await look(resolver);
    expect(list.kind === "found" && list.exchangers.map(({ addresses }) => addresses[4])).toEqual([
      [],
      ["192.0.2.2"],
    ]);
  }, 8_000);

  test("knows an exchanger without IPv6 from one whose IPv6 addresses cannot be looked up", async () => {
    const failing: GuardResolver = {
      ...resolverOf(found([10, "mx1.example.test"])),
      addresses: async (_, family) =>
        family === 6
          ? { kind: "dns-failure", cause: "SERVFAIL" }
          : { kind: "found", addresses: ["192.0.2.1"] },
    };
    const list = await look(failing);
    expect(list).toMatchObject({
      exchangers: [{ addresses: { 4: ["192.0.2.1"], 6: [] }, isIpv4Alone: false, failed: [6] }],
    });
  });

  test.each([
    [20, 20, 4, 4],
    [2, 20, 2, 6],
    [20, 1, 7, 1],
    [0, 9, 0, 8],
    [9, 0, 8, 0],
    [3, 4, 3, 4],
  ])(
    "counts of %i IPv6 and %i IPv4 addresses %i and %i",
    async (sixes, fours, countedSixes, countedFours) => {
      const addresses = [
        ...Array.from({ length: sixes }, (_, at) => `2001:db8::${at + 1}`),
        ...Array.from({ length: fours }, (_, at) => `192.0.2.${at + 1}`),
      ];
      const list = await look(resolverOf(found([10, "mx1.example.test"]), { "mx1.example.test": addresses }));
      const [only] = list.kind === "found" ? list.exchangers : [];
      expect([only?.addresses[6].length, only?.addresses[4].length]).toEqual([countedSixes, countedFours]);
    },
  );

  test("counts 32 exchangers, and 8 addresses of each", async () => {
    const many = Array.from({ length: 40 }, (_, at) => [at, `mx${at}.example.test`] as const);
    const addresses = Array.from({ length: 20 }, (_, at) => `192.0.2.${at}`);
    const list = await look(resolverOf(found(...many), { "mx0.example.test": addresses }));
    expect(list.kind === "found" && list.exchangers.length).toBe(32);
    expect(list.kind === "found" && list.exchangers[0]?.addresses[4]).toEqual(addresses.slice(0, 8));
  });
});
