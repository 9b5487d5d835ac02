import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import os from "node:os";
import {
  givenStopHosts,
  parseStopHost,
  StopHostError,
  thisMachine,
  union,
} from "../../src/check/stop-hosts.ts";
import type { LimitedLookup } from "../../src/probe/lookups.ts";
import { UsageError } from "../../src/text/errors.ts";

afterEach(() => {
  mock.restore();
});

const WANTED = "a host name or an address, such as mx2.example.org";

function lookUpIn(zone: Readonly<Record<string, LimitedLookup>>) {
  const asked: string[] = [];
  const lookUp = async (host: string): Promise<readonly LimitedLookup[]> => {
    asked.push(host);
    return [{ kind: "not-found" }, zone[host] ?? { kind: "not-found" }];
  };
  return { asked, lookUp };
}

function at(...addresses: readonly string[]): LimitedLookup {
  return { kind: "found", addresses };
}

describe("parseStopHost() reads", () => {
  test.each([
    ["mx2.example.test", "mx2.example.test"],
    ["MX2.Example.Test.", "mx2.example.test"],
    ["bücher.test", "xn--bcher-kva.test"],
    ["192.0.2.1", "192.0.2.1"],
    ["[192.0.2.1]", "192.0.2.1"],
    ["127.1", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["::FFFF:192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0::1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["[IPv6:2001:db8::1]", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1%eth0"],
  ])("%s", (text, host) => {
    expect(parseStopHost(text)).toBe(host);
  });

  test.each([
    ["", "no host"],
    [" ", '" " cannot stand in a name'],
    ["10:mx2.example.test", '":" cannot stand in a name'],
    ["mx2.example.test:25", '":" cannot stand in a name'],
    ["[2001:db8::1]:25", '":25" behind the bracket'],
    ["mx1.test,mx2.test", '"," cannot stand in a name'],
    ["mx1.test mx2.test", '" " cannot stand in a name'],
    ["256.256.256.256", "the octet 256 is larger than 255"],
    ["mx2..test", "a label is empty"],
    ["user@127.1", '"@" cannot stand in a name'],
    ["mx2/x.1", '"/" cannot stand in a name'],
    ["127.1/8", '"/" cannot stand in a name'],
  ])("not %j, and says what is wrong", (text, fault) => {
    expect(() => parseStopHost(text)).toThrow(
      new UsageError(`Cannot read "${text}" as a stop host: ${fault}, want ${WANTED}`),
    );
  });
});

describe("givenStopHosts()", () => {
  test("knows names at once and addresses when they are looked up; addresses need no lookup", async () => {
    const { asked, lookUp } = lookUpIn({ "mx2.test": at("192.0.2.2", "2001:db8::2") });
    const { names, addresses } = givenStopHosts(["MX2.test.", "127.1"], lookUp);
    expect(names).toEqual(new Set(["mx2.test", "127.0.0.1"]));
    expect(await addresses).toEqual(new Set(["192.0.2.2", "2001:db8::2", "127.0.0.1"]));
    expect(asked).toEqual(["mx2.test"]);
  });

  test("throws before it looks anything up when one cannot be read", () => {
    const { asked, lookUp } = lookUpIn({});
    expect(() => givenStopHosts(["mx2.test", "a b"], lookUp)).toThrow(UsageError);
    expect(asked).toEqual([]);
  });

  test.each<[string, LimitedLookup]>([
    ["name not found", { kind: "not-found" }],
    ["timed out", { kind: "timed-out", stage: "dns" }],
    ["ESERVFAIL", { kind: "dns-failure", cause: "ESERVFAIL" }],
    ["EMFILE", { kind: "no-resources", cause: "EMFILE" }],
  ])("rejects with a StopHostError: %s", async (why, lookup) => {
    const { lookUp } = lookUpIn({ "ok.test": at("192.0.2.1"), "mx2.test": lookup });
    const error = await givenStopHosts(["ok.test", "mx2.test"], lookUp).addresses.catch((reason) => reason);
    expect(error).toBeInstanceOf(StopHostError);
    expect(error).toMatchObject({
      name: "StopHostError",
      message: `Cannot look up the stop host "mx2.test": ${why}`,
    });
  });

  test("has what one family found, though the other failed, unless this machine did", async () => {
    const half = (other: LimitedLookup) => async () => [other, at("192.0.2.2")];
    const broken = half({ kind: "dns-failure", cause: "SERVFAIL" });
    expect(await givenStopHosts(["mx2.test"], broken).addresses).toEqual(new Set(["192.0.2.2"]));
    const { addresses } = givenStopHosts(["mx2.test"], half({ kind: "no-resources", cause: "EMFILE" }));
    await expect(addresses).rejects.toThrow('Cannot look up the stop host "mx2.test": EMFILE');
  });

  test("rejects at once, though another lookup is still under way", () => {
    const lookUp = (host: string) =>
      host === "gone.test" ? Promise.resolve([{ kind: "not-found" } as const]) : new Promise<never>(() => {});
    expect(givenStopHosts(["slow.test", "gone.test"], lookUp).addresses).rejects.toThrow(StopHostError);
  });
});

describe("thisMachine()", () => {
  const anyInterface = { netmask: "", mac: "", internal: false, cidr: null } as const;

  function machine(name: string): void {
    spyOn(os, "hostname").mockReturnValue(name);
    spyOn(os, "networkInterfaces").mockReturnValue({
      lo: [
        { ...anyInterface, family: "IPv4", address: "127.0.0.1", internal: true },
        { ...anyInterface, family: "IPv6", address: "::1", scopeid: 0, internal: true },
      ],
      eth0: [
        { ...anyInterface, family: "IPv4", address: "192.0.2.7" },
        { ...anyInterface, family: "IPv6", address: "2001:DB8:0::7", scopeid: 0 },
        { ...anyInterface, family: "IPv6", address: "fe80::7", scopeid: 2 },
      ],
      down0: undefined,
    });
  }

  const own = ["127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"];

  test("is its host name, its interfaces' addresses, and what its name leads to", async () => {
    machine("MX2.example.test");
    const { names, addresses } = thisMachine(lookUpIn({ "mx2.example.test": at("198.51.100.7") }).lookUp);
    expect(names).toEqual(new Set(["mx2.example.test"]));
    const known = await addresses;
    for (const address of [...own, "198.51.100.7"])
      expect([address, known.has(address)]).toEqual([address, true]);
    expect(known.has("198.51.100.8")).toBe(false);
  });

  test.each([
    ["127.0.0.5", true],
    ["127.255.255.255", true],
    ["0.0.0.0", true],
    ["::", true],
    ["::1", true],
    ["fe80::7%eth0", true],
    ["fe80::7%2", true],
    ["fe80::7", true],
    ["fe80::7%eth1", false],
    ["128.0.0.1", false],
    ["::2", false],
    ["12.7.0.0", false],
  ])("knows that %s is it: %p", async (address, isIt) => {
    machine("mx2");
    expect((await thisMachine(lookUpIn({}).lookUp).addresses).has(address)).toBe(isIt);
  });

  test("must stand in the list, and says what was looked for", () => {
    machine("mx2.example.test");
    expect(thisMachine(lookUpIn({}).lookUp).missing).toEqual(
      new StopHostError(
        "Cannot find this machine among the servers: looked for mx2.example.test, 192.0.2.7, 2001:db8::7, fe80::7; --stop HOST names it otherwise",
      ),
    );
  });

  test.each<LimitedLookup>([
    { kind: "not-found" },
    { kind: "timed-out", stage: "dns" },
    { kind: "dns-failure", cause: "ESERVFAIL" },
    { kind: "no-resources", cause: "EMFILE" },
  ])("does without its name's addresses when the lookup says %j", async (lookup) => {
    machine("mx2");
    const { names, addresses } = thisMachine(lookUpIn({ mx2: lookup }).lookUp);
    expect(names).toEqual(new Set(["mx2"]));
    expect((await addresses).has("192.0.2.7")).toBe(true);
  });

  test("does without a host name that is none", async () => {
    machine("not a name");
    const { asked, lookUp } = lookUpIn({});
    const { names, addresses } = thisMachine(lookUp);
    expect(names).toEqual(new Set());
    expect((await addresses).has("192.0.2.7")).toBe(true);
    expect(asked).toEqual([]);
  });

  test("knows this very machine", async () => {
    const { addresses } = thisMachine(lookUpIn({}).lookUp);
    expect((await addresses).has("127.0.0.1")).toBe(true);
  });
});

describe("union()", () => {
  test("has the names and addresses of all", async () => {
    const { lookUp } = lookUpIn({ a: at("192.0.2.1"), b: at("192.0.2.2") });
    const { names, addresses } = union([givenStopHosts(["a"], lookUp), givenStopHosts(["b"], lookUp)]);
    expect(names).toEqual(new Set(["a", "b"]));
    const all = await addresses;
    expect(["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((address) => all.has(address))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("is wrong not to stand in the list when one of them is", () => {
    const { lookUp } = lookUpIn({ a: at("192.0.2.1") });
    const given = givenStopHosts(["a"], lookUp);
    expect(given.missing).toBeUndefined();
    expect(union([given]).missing).toBeUndefined();
    expect(union([given, thisMachine(lookUp)]).missing).toBeInstanceOf(StopHostError);
  });

  test("rejects when one of them cannot be looked up", () => {
    const { lookUp } = lookUpIn({ a: at("192.0.2.1") });
    const rules = union([givenStopHosts(["a"], lookUp), givenStopHosts(["b"], lookUp)]);
    expect(rules.addresses).rejects.toThrow('Cannot look up the stop host "b": name not found');
  });
});
