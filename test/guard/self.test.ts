import { afterEach, describe, expect, jest, mock, spyOn, test } from "bun:test";
import os from "node:os";
import type { Exchanger } from "../../src/guard/exchanger-list.ts";
import { Self } from "../../src/guard/self.ts";
import type { AddressLookup, Resolver } from "../../src/names/resolver.ts";
import { UsageError } from "../../src/text/errors.ts";
import { passTime } from "../fake/fake-clock.ts";

afterEach(() => {
  mock.restore();
  jest.useRealTimers();
});

type Zone = Record<string, AddressLookup | Error>;

/** Answers from a zone that the test may change, by name and family; other names are not found. */
function resolverOf(zone: Zone): Resolver & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async addresses(host, family) {
      asked.push(`${host} ${family}`);
      const answer = zone[`${host} ${family}`] ?? { kind: "not-found" };
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

function found(...addresses: readonly string[]): AddressLookup {
  return { kind: "found", addresses };
}

function exchanger(name: string, four: readonly string[] = [], six: readonly string[] = []): Exchanger {
  return {
    preference: 10,
    name,
    addresses: { 4: four, 6: six },
    isIpv4Alone: six.length === 0,
    failed: [],
  };
}

/** Of these addresses those that are ours. */
function ours(self: Self, ...addresses: readonly string[]): readonly string[] {
  return addresses.filter((address) => self.hasAddress(address, undefined));
}

describe("Self is an exchanger", () => {
  test.each<[string, Exchanger, boolean]>([
    ["of a name that was given", exchanger("mx2.test"), true],
    ["of the same name without its final dot", exchanger("bare.test"), true],
    ["of another name", exchanger("a.mx2.test"), false],
    ["at an address that was given", exchanger("other.test", ["192.0.2.9"]), true],
    [
      "with one such address of several",
      exchanger("other.test", ["192.0.2.1"], ["2001:db8::1", "2001:db8::9"]),
      true,
    ],
    ["at the address that the client is connected to", exchanger("other.test", ["198.51.100.2"]), true],
    ["at another address", exchanger("other.test", ["192.0.2.1"]), false],
    ["at none", exchanger("other.test"), false],
    ["that is named as an address of ours", exchanger("192.0.2.9"), true],
  ])("%s", (_, of, is) => {
    const self = new Self(["MX2.test.", "bare.test", "192.0.2.9", "2001:DB8:0::9"], false, resolverOf({}));
    expect(self.is(of, "198.51.100.2")).toBe(is);
  });

  test("not, where nobody says who we are", () => {
    const self = new Self([], false, resolverOf({}));
    expect(self.is(exchanger("mx2.test", ["127.0.0.1"], ["::1"]), undefined)).toBe(false);
  });
});

test("Self throws a UsageError for a stop host that is none", () => {
  expect(() => new Self(["a b"], false, resolverOf({}))).toThrow(UsageError);
});

describe("learn()", () => {
  test("looks the given names up, each family of each, and no address", async () => {
    const resolver = resolverOf({ "mx2.test 4": found("192.0.2.2"), "mx2.test 6": found("2001:db8::2") });
    const self = new Self(["mx2.test", "192.0.2.9"], false, resolver);
    expect([self.generation, ours(self, "192.0.2.2", "192.0.2.9")]).toEqual([0, ["192.0.2.9"]]);
    await self.learn();
    self.close();
    expect(ours(self, "192.0.2.2", "2001:db8::2", "192.0.2.9", "127.0.0.1")).toEqual([
      "192.0.2.2",
      "2001:db8::2",
      "192.0.2.9",
    ]);
    expect([self.generation, resolver.asked]).toEqual([1, ["mx2.test 4", "mx2.test 6"]]);
  });

  test.each<[string, AddressLookup | Error]>([
    ["not found", { kind: "not-found" }],
    ["a failure", { kind: "dns-failure", cause: "SERVFAIL" }],
    ["no descriptor", { kind: "no-resources", cause: "EMFILE" }],
    ["a defect", new Error("broken")],
  ])("keeps the name where the lookup comes to %s", async (_, answer) => {
    const self = new Self(["mx2.test"], false, resolverOf({ "mx2.test 4": answer, "mx2.test 6": answer }));
    await self.learn();
    self.close();
    expect(self.is(exchanger("mx2.test"), undefined)).toBe(true);
  });

  test("looks again every five minutes, and forgets an old address when there is a new one", async () => {
    jest.useFakeTimers();
    const zone: Zone = { "mx2.test 4": found("192.0.2.2") };
    const resolver = resolverOf(zone);
    const self = new Self(["mx2.test"], false, resolver);
    await self.learn();
    zone["mx2.test 4"] = found("192.0.2.3");
    jest.advanceTimersByTime(299_999);
    expect([resolver.asked.length, ours(self, "192.0.2.2", "192.0.2.3")]).toEqual([2, ["192.0.2.2"]]);
    jest.advanceTimersByTime(1);
    await passTime(Promise.resolve());
    expect([resolver.asked.length, ours(self, "192.0.2.2", "192.0.2.3")]).toEqual([4, ["192.0.2.3"]]);
    self.close();
  });

  test.each<[string, AddressLookup | Error]>([
    ["fails", { kind: "dns-failure", cause: "SERVFAIL" }],
    ["finds nothing of all", { kind: "not-found" }],
    ["is broken", new Error("broken")],
  ])("keeps the addresses that it had when a later lookup %s", async (_, answer) => {
    const zone: Zone = { "mx2.test 4": found("192.0.2.2") };
    const self = new Self(["mx2.test"], false, resolverOf(zone));
    await self.learn();
    zone["mx2.test 4"] = answer;
    await self.learn();
    self.close();
    expect(ours(self, "192.0.2.2")).toEqual(["192.0.2.2"]);
  });

  test("keeps one name's addresses when its later lookup fails and another's does not", async () => {
    const zone: Zone = { "mx2.test 4": found("192.0.2.2"), "nat.test 4": found("192.0.2.4") };
    const self = new Self(["mx2.test", "nat.test"], false, resolverOf(zone));
    await self.learn();
    zone["nat.test 4"] = { kind: "dns-failure", cause: "SERVFAIL" };
    await self.learn();
    self.close();
    expect(ours(self, "192.0.2.2", "192.0.2.4")).toEqual(["192.0.2.2", "192.0.2.4"]);
  });

  test("looks at nothing any longer once it is closed, in the middle of a lookup too", async () => {
    jest.useFakeTimers();
    const resolver = resolverOf({});
    const self = new Self(["mx2.test"], false, resolver);
    const learning = self.learn();
    self.close();
    await passTime(learning);
    jest.advanceTimersByTime(3_600_000);
    expect(resolver.asked).toHaveLength(2);

    const other = new Self(["mx2.test"], false, resolver);
    await passTime(other.learn());
    other.close();
    jest.advanceTimersByTime(3_600_000);
    expect(resolver.asked).toHaveLength(4);
  });
});

describe("learn() this machine", () => {
  function onMachine(): void {
    spyOn(os, "hostname").mockReturnValue("Host.Test");
    spyOn(os, "networkInterfaces").mockReturnValue({
      eth0: [
        { address: "192.0.2.1", netmask: "", mac: "", internal: false, family: "IPv4", cidr: null },
        { address: "fe80::1", netmask: "", mac: "", internal: false, family: "IPv6", cidr: null, scopeid: 2 },
      ],
    });
  }

  test("by its interfaces at once, by its name, and by what that is looked up to", async () => {
    onMachine();
    const { promise, resolve } = Promise.withResolvers<AddressLookup>();
    const resolver: Resolver = { addresses: () => promise };
    const self = new Self([], true, resolver);
    const learning = self.learn();
    await Bun.file("/dev/null").text();
    const addresses = ["192.0.2.1", "fe80::1%eth0", "127.0.0.1", "::1", "203.0.113.1", "192.0.2.2"];
    expect(ours(self, ...addresses)).toEqual(["192.0.2.1", "fe80::1%eth0", "127.0.0.1", "::1"]);
    expect(self.is(exchanger("host.test"), undefined)).toBe(true);
    const generation = self.generation;
    resolve(found("203.0.113.1"));
    await learning;
    self.close();
    expect(ours(self, ...addresses)).toEqual([
      "192.0.2.1",
      "fe80::1%eth0",
      "127.0.0.1",
      "::1",
      "203.0.113.1",
    ]);
    expect(self.generation).toBeGreaterThan(generation);
  });

  test("which stays what it was while it is looked up again", async () => {
    onMachine();
    const held = Promise.withResolvers<AddressLookup>();
    const answers = [found("203.0.113.1"), found(), held.promise, held.promise];
    const self = new Self([], true, { addresses: async () => answers.shift() ?? found() });
    await self.learn();
    const learning = self.learn();
    await Bun.file("/dev/null").text();
    expect(ours(self, "192.0.2.1", "203.0.113.1")).toEqual(["192.0.2.1", "203.0.113.1"]);
    held.resolve(found("203.0.113.2"));
    await learning;
    self.close();
    expect(ours(self, "192.0.2.1", "203.0.113.1", "203.0.113.2")).toEqual(["192.0.2.1", "203.0.113.2"]);
  });

  test("only when it is asked for", async () => {
    onMachine();
    const self = new Self([], false, resolverOf({}));
    await self.learn();
    self.close();
    expect([ours(self, "192.0.2.1", "127.0.0.1"), self.is(exchanger("host.test"), undefined)]).toEqual([
      [],
      false,
    ]);
  });

  test("beside the given names", async () => {
    onMachine();
    const self = new Self(["mx2.test"], true, resolverOf({ "host.test 4": new Error("broken") }));
    await self.learn();
    self.close();
    const names = ["mx2.test", "host.test", "other.test"];
    expect(names.filter((name) => self.is(exchanger(name), undefined))).toEqual(["mx2.test", "host.test"]);
  });
});
