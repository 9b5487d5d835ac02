import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import os from "node:os";
import fc from "fast-check";
import { candidatesOf, type Vantage } from "../../src/guard/candidates.ts";
import type { Exchanger } from "../../src/guard/exchanger-list.ts";
import { Self } from "../../src/guard/self.ts";
import type { Resolver } from "../../src/names/resolver.ts";
import { familyOf } from "../../src/text/address.ts";

afterEach(() => {
  mock.restore();
});

const NOWHERE: Resolver = { addresses: async () => ({ kind: "not-found" }) };
const FROM_4: Vantage = { family: 4, own: "198.51.100.2" };
const FROM_6: Vantage = { family: 6, own: "2001:db8::2" };

function exchanger(preference: number, name: string, ...addresses: readonly string[]): Exchanger {
  const of = (family: 4 | 6) => addresses.filter((address) => familyOf(address) === family);
  return {
    preference,
    name,
    addresses: { 4: of(4), 6: of(6) },
    isIpv4Alone: of(6).length === 0,
    failed: [],
  };
}

function candidates(
  exchangers: readonly Exchanger[],
  vantage: Vantage = FROM_4,
  {
    stop = ["mx2.test"],
    mayProbeLoopback = false,
  }: { stop?: readonly string[]; mayProbeLoopback?: boolean } = {},
): string | readonly string[] {
  const found = candidatesOf(exchangers, vantage, {
    self: new Self(stop, false, NOWHERE),
    port: 2525,
    mayProbeLoopback,
  });
  return typeof found === "string"
    ? found
    : found.map(({ server, endpoint: { address, port } }) => `${server} ${address} ${port}`);
}

const US = exchanger(20, "mx2.test", "198.51.100.2", "2001:db8::2");

describe("candidatesOf() is nobody", () => {
  test.each<[string, readonly Exchanger[]]>([
    ["no-exchangers", []],
    ["not-listed", [exchanger(10, "mx1.test", "192.0.2.1"), exchanger(20, "mx3.test", "192.0.2.3")]],
    ["none-before-us", [US]],
    ["none-before-us", [exchanger(20, "mx1.test", "192.0.2.1"), US, exchanger(30, "mx3.test", "192.0.2.3")]],
    ["none-before-us", [exchanger(5, "us.test", "198.51.100.2"), exchanger(10, "mx1.test", "192.0.2.1"), US]],
    ["none-before-us", [exchanger(0, "mx2.test"), exchanger(0, "mx1.test", "192.0.2.1")]],
  ])("%s: %j", (reason, exchangers) => {
    expect(candidates(exchangers)).toBe(reason);
  });
});

describe("candidatesOf() those before us", () => {
  const list = [
    exchanger(5, "mx0.test", "192.0.2.5", "192.0.2.6", "2001:db8::5"),
    exchanger(10, "mx1.test", "192.0.2.1"),
    exchanger(10, "gone.test"),
    exchanger(15, "six.test", "2001:db8::15"),
    US,
    exchanger(30, "mx3.test", "192.0.2.3"),
  ];

  test("an IPv4 client goes by IPv4 alone", () => {
    expect(candidates(list)).toEqual([
      "mx0.test 192.0.2.5 2525",
      "mx0.test 192.0.2.6 2525",
      "mx1.test 192.0.2.1 2525",
    ]);
  });

  test("an IPv6 client goes by IPv6, and by IPv4 where there is no IPv6 at all", () => {
    expect(candidates(list, FROM_6)).toEqual([
      "mx0.test 2001:db8::5 2525",
      "mx1.test 192.0.2.1 2525",
      "six.test 2001:db8::15 2525",
    ]);
  });

  test("an IPv6 client does not go by IPv4 where there is an IPv6 address that is never asked", () => {
    expect(candidates([exchanger(10, "mx1.test", "192.0.2.1", "::1"), US], FROM_6)).toBe("nothing-to-probe");
  });

  test("we are known by the address that the client is connected to", () => {
    const listed = [exchanger(10, "mx1.test", "192.0.2.1"), exchanger(20, "other.test", "198.51.100.2")];
    expect(candidates(listed, FROM_4, { stop: [] })).toEqual(["mx1.test 192.0.2.1 2525"]);
    expect(candidates(listed, { family: 4, own: undefined }, { stop: [] })).toBe("not-listed");
  });

  test("we are known by an address given to --stop, and it is not asked under another name", () => {
    const listed = [exchanger(10, "mx1.test", "192.0.2.1"), exchanger(20, "us.test", "203.0.113.9")];
    expect(candidates(listed, FROM_4, { stop: ["203.0.113.9"] })).toEqual(["mx1.test 192.0.2.1 2525"]);
  });
});

describe("candidatesOf() never asks", () => {
  test.each([
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "232.1.1.1",
    "255.255.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "::",
    "::%eth0",
    "::1",
    "::1%lo",
    "ff02::1",
    "ff02::1%eth0",
    "ff0e::1",
  ])("%s", (address) => {
    const six = familyOf(address) === 6;
    expect(candidates([exchanger(10, "mx1.test", address), US], six ? FROM_6 : FROM_4)).toBe(
      "nothing-to-probe",
    );
  });

  test.each([
    "1.0.0.1",
    "223.255.255.255",
    "240.0.0.1",
    "126.0.0.1",
    "128.0.0.1",
    "10.0.0.1",
    "2001:db8::1",
    "ff::1",
    "fe80::1%eth0",
    "::2",
    "::1:1",
  ])("but %s", (address) => {
    const six = familyOf(address) === 6;
    expect(candidates([exchanger(10, "mx1.test", address), US], six ? FROM_6 : FROM_4)).toEqual([
      `mx1.test ${address} 2525`,
    ]);
  });

  test("loopback, unless that is allowed; and nothing else then", () => {
    const list = [exchanger(10, "mx1.test", "127.0.0.1", "0.0.0.0", "224.0.0.1", "::1", "::", "ff02::1"), US];
    const terms = { mayProbeLoopback: true };
    expect([candidates(list, FROM_4, terms), candidates(list, FROM_6, terms)]).toEqual([
      ["mx1.test 127.0.0.1 2525"],
      ["mx1.test ::1 2525"],
    ]);
  });

  test("this machine, though an exchanger before us leads there too", async () => {
    spyOn(os, "networkInterfaces").mockReturnValue({
      eth0: [{ address: "192.0.2.1", netmask: "", mac: "", internal: false, family: "IPv4", cidr: null }],
    });
    spyOn(os, "hostname").mockReturnValue("host.test");
    const self = new Self([], true, NOWHERE);
    await self.learn();
    self.close();
    const list = [exchanger(10, "mx1.test", "192.0.2.7"), exchanger(20, "mx2.test", "192.0.2.1")];
    const terms = { self, port: 25, mayProbeLoopback: false };
    expect(candidatesOf(list, { family: 4, own: undefined }, terms)).toEqual([
      { server: "mx1.test", endpoint: { address: "192.0.2.7", port: 25 } },
    ]);
  });
});

test("candidatesOf() is strictly before every exchanger that is us, in the order of the list, and none of it is us", () => {
  const addresses = fc.subarray([
    "192.0.2.1",
    "192.0.2.2",
    "198.51.100.2",
    "127.0.0.1",
    "2001:db8::1",
    "2001:db8::2",
  ]);
  const any = fc.tuple(
    fc.integer({ min: 0, max: 5 }),
    fc.constantFrom("mx1.test", "mx2.test", "mx3.test"),
    addresses,
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 6 }), fc.constantFrom(FROM_4, FROM_6), (lists, vantage) => {
      const exchangers = lists
        .map(([preference, name, of]) => exchanger(preference, name, ...of))
        .toSorted((one, other) => one.preference - other.preference);
      const self = new Self(["mx2.test"], false, NOWHERE);
      const found = candidatesOf(exchangers, vantage, { self, port: 25, mayProbeLoopback: false });
      const ours = exchangers
        .filter((each) => self.is(each, vantage.own))
        .map(({ preference }) => preference);
      if (typeof found === "string") return;
      const before = exchangers.filter(({ preference }) => preference < Math.min(...ours));
      expect(found.length).toBeLessThanOrEqual(
        before.flatMap((each) => [...each.addresses[4], ...each.addresses[6]]).length,
      );
      for (const { server, endpoint } of found) {
        expect(before.map(({ name }) => name)).toContain(server);
        expect([vantage.own, "127.0.0.1", US.name]).not.toContain(endpoint.address);
      }
    }),
    { numRuns: 500 },
  );
});
