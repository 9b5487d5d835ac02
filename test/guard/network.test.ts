import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Networks } from "../../src/guard/network.ts";
import { UsageError } from "../../src/text/errors.ts";

function networksOf(...texts: readonly string[]): Networks {
  const networks = new Networks();
  for (const text of texts) networks.add(text);
  return networks;
}

describe("Networks.has() an address when it is in one of them", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["192.0.2.0/24", ["192.0.2.0", "192.0.2.1", "192.0.2.255"], ["192.0.1.255", "192.0.3.0", "::c000:201"]],
    ["192.0.2.1", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]],
    ["192.0.2.1/32", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]],
    ["192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.2.0"]],
    ["192.0.2.4/31", ["192.0.2.4", "192.0.2.5"], ["192.0.2.3", "192.0.2.6"]],
    ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]],
    ["172.16.0.0/12", ["172.16.0.0", "172.31.255.255"], ["172.15.255.255", "172.32.0.0"]],
    ["0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "192.0.2.1"], ["::", "2001:db8::1"]],
    ["::/0", ["::", "2001:db8::1", "fe80::1%eth0"], ["0.0.0.0", "192.0.2.1"]],
    ["::ffff:192.0.2.0/24", ["192.0.2.9"], ["192.0.3.9"]],
    ["2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db7::1", "2001:db9::", "32.1.13.184"]],
    ["2001:DB8:0::/48", ["2001:db8::1", "2001:db8:0:ffff::"], ["2001:db8:1::"]],
    ["2001:db8::1", ["2001:db8::1"], ["2001:db8::", "2001:db8::2"]],
    ["fe80::/10", ["fe80::1%eth0", "febf::1"], ["fec0::1"]],
  ])("%s", (network, inside, outside) => {
    const networks = networksOf(network);
    expect([...inside, ...outside].filter((address) => networks.has(address))).toEqual([...inside]);
  });

  test("there are many, of either family and any length", () => {
    const networks = networksOf(
      "192.0.2.0/24",
      "198.51.100.7",
      "198.51.100.8",
      "2001:db8::/32",
      "::1",
      "10.0.0.0/8",
    );
    const asked = [
      "192.0.2.77",
      "198.51.100.7",
      "198.51.100.8",
      "198.51.100.9",
      "2001:db8::9",
      "::1",
      "::2",
      "10.9.9.9",
    ];
    expect(asked.filter((address) => networks.has(address))).toEqual([
      "192.0.2.77",
      "198.51.100.7",
      "198.51.100.8",
      "2001:db8::9",
      "::1",
      "10.9.9.9",
    ]);
  });

  test("there are none", () => {
    expect(["0.0.0.0", "::"].filter((address) => networksOf().has(address))).toEqual([]);
  });
});

describe("Networks.add() throws a UsageError", () => {
  const WANTED = "want an address or a network, such as 192.0.2.0/24 or 2001:db8::/32";
  test.each([
    ["", ""],
    ["/", ""],
    ["/24", ""],
    ["192.0.2.0/", ""],
    ["192.0.2.0/-1", ""],
    ["192.0.2.0/ 8", ""],
    ["192.0.2.0/2a", ""],
    ["192.0.2.0/24/24", ""],
    ["192.0.2.0/255.255.255.0", ""],
    ["192.0.2/24", ""],
    ["192.0.2.256", ""],
    ["127.1", ""],
    ["mx.example.test", ""],
    ["[2001:db8::]/32", ""],
    ["fe80::1%eth0", ""],
    ["fe80::%eth0/64", ""],
    ["192.0.2.0/1000", ""],
    ["192.0.2.0/33", "the prefix is too long, "],
    ["192.0.2.0/999", "the prefix is too long, "],
    ["2001:db8::/129", "the prefix is too long, "],
    ["::ffff:192.0.2.0/120", "the prefix is too long, "],
    ["192.0.2.1/24", "there are bits behind the prefix, "],
    ["192.0.2.1/31", "there are bits behind the prefix, "],
    ["128.0.0.0/0", "there are bits behind the prefix, "],
    ["2001:db8::1/64", "there are bits behind the prefix, "],
    ["2001:db8:0:8000::/48", "there are bits behind the prefix, "],
    ["8000::/0", "there are bits behind the prefix, "],
  ])("for %j", (text, fault) => {
    expect(() => networksOf(text)).toThrow(
      new UsageError(`Cannot read "${text}" as a network: ${fault}${WANTED}`),
    );
  });
});

/** By bits, one a character. */
function bitsOf(octets: readonly number[]): string {
  return octets.map((octet) => octet.toString(2).padStart(8, "0")).join("");
}

function octetsOf(bits: string): readonly number[] {
  return (bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
}

test("Networks.has() what begins with the same bits, and nothing else", () => {
  const quad = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      quad,
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 0, max: 31 }),
      (octets, length, flipped) => {
        const address = bitsOf(octets);
        const prefix = address.slice(0, length).padEnd(32, "0");
        const networks = networksOf(`${octetsOf(prefix).join(".")}/${length}`);
        const other = [...address]
          .map((bit, at) => (at === flipped ? String(1 - Number(bit)) : bit))
          .join("");
        expect(networks.has(octets.join("."))).toBe(true);
        expect(networks.has(octetsOf(other).join("."))).toBe(flipped >= length);
      },
    ),
    { numRuns: 500 },
  );
});
