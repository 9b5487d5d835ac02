import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  addressOctets,
  canonicalAddress,
  canonicalAddressOfAnySpelling,
  endsInNumber,
  familyOf,
  hostnameOf,
} from "../../src/text/address.ts";

describe("canonicalAddress()", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["2001:DB8::A", "2001:db8::a"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::192.0.2.1", "2001:db8::c000:201"],
    ["::192.0.2.1", "::c000:201"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:7f00:1", "127.0.0.1"],
    ["::ffff:0:0", "0.0.0.0"],
    ["::ffff:0.0.1.2", "0.0.1.2"],
    ["::fffe:192.0.2.1", "::fffe:c000:201"],
    ["fe80::1%eth0", "fe80::1%eth0"],
    ["FE80:0::1%br-lan.7", "fe80::1%br-lan.7"],
  ])("%s is %s", (spelling, canonical) => {
    expect(canonicalAddress(spelling)).toBe(canonical);
    expect(canonicalAddress(canonical)).toBe(canonical);
  });

  test.each([
    "",
    "mx.example.test",
    "192.0.2",
    "192.0.2.1.",
    "192.0.2.1.5",
    "192.0.2.256",
    "192.0.2.01",
    "0x7f.0.0.1",
    "127.1",
    "192.0.2.1:25",
    "192.0.2.1%eth0",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::1",
    "g::1",
    "::1.2.3",
    "::1.2.3.256",
    "[::1]",
    "fe80::1%",
    "fe80::1%eth0/64",
    "fe80::1%name-of-16-octets",
    "::1 ",
    " ::1",
    "::\n1",
    "2001:db8::1/64",
  ])("%j is no address", (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
  });
});

describe("canonicalAddressOfAnySpelling()", () => {
  test.each([
    ["127.1", "127.0.0.1"],
    ["127.0.1", "127.0.0.1"],
    ["0x7f.0.0.1", "127.0.0.1"],
    ["0X7F.1", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["0177.0.0.01", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["192.0.513", "192.0.2.1"],
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:c000:201", "192.0.2.1"],
    ["2001:DB8:0::1", "2001:db8::1"],
  ])("%s is %s", (spelling, canonical) => {
    expect(canonicalAddressOfAnySpelling(spelling)).toBe(canonical);
  });

  test.each([
    "mx.example.test",
    "256.1",
    "4294967296",
    "0xg.1",
    "08.1",
    "1.2.3.4.5",
    "mx.1",
    "",
    "fee.dad1",
    "face1",
    "a..b1",
    ".a1",
    "user@127.1",
    "mx/x.1",
    "mx?x.1",
    "mx#x.1",
    "mx\\x.1",
    "127.1:25",
    "12\t7.1",
    "127.\n1",
    " 127.1",
    "%31.1",
  ])("%j is no address", (text) => {
    expect(canonicalAddressOfAnySpelling(text)).toBeUndefined();
  });
});

test.each([
  ["192.0.2.1", true],
  ["mx.1", true],
  ["mx.0x1f", true],
  ["1", true],
  ["0x", true],
  ["mx1", false],
  ["mx.1a", false],
  ["1.test", false],
  ["mx.x1", false],
])("endsInNumber() of %s is %p", (name, expected) => {
  expect(endsInNumber(name)).toBe(expected);
});

test.each([
  ["192.0.2.1", 4],
  ["2001:db8::1", 6],
  ["::", 6],
  ["fe80::1%eth0", 6],
  ["mx.example.test", undefined],
  ["1.2.3", undefined],
] as const)("familyOf() of %s is %p", (host, family) => {
  expect(familyOf(host)).toBe(family);
});

test.each([
  ["MX.Example.TEST", "mx.example.test"],
  ["bücher.test", "xn--bcher-kva.test"],
  ["BÜCHER.test", "xn--bcher-kva.test"],
  ["faß.test", "xn--fa-hia.test"],
  ["例え。テスト", "xn--r8jz45g.xn--zckzah"],
  ["exa mple.test", undefined],
  ["", undefined],
])("hostnameOf() of %j is %p", (host, hostname) => {
  expect(hostnameOf(host)).toBe(hostname);
});

describe("addressOctets()", () => {
  test.each([
    ["192.0.2.255", [192, 0, 2, 255]],
    ["::", new Array(16).fill(0)],
    ["::1", [...new Array(15).fill(0), 1]],
    ["2001:db8::", [0x20, 1, 0x0d, 0xb8, ...new Array(12).fill(0)]],
  ])("of %s", (address, octets) => {
    expect(addressOctets(address)).toEqual(octets);
  });

  test("are those that were written, wherever the zeros stand", () => {
    const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const address = canonicalAddress(groups.map((one) => one.toString(16)).join(":"));
        fc.pre(address?.includes(":") === true);
        const octets = groups.flatMap((one) => [one >> 8, one & 255]);
        expect(addressOctets(address ?? "")).toEqual(octets);
      }),
    );
  });
});

test("canonicalAddressOfAnySpelling() does not read what is longer than any spelling", () => {
  const loopback = `${"0".repeat(200)}.0.0.1`;
  expect(canonicalAddressOfAnySpelling(loopback)).toBe("0.0.0.1");
  for (const count of [257, 130_000]) {
    expect(canonicalAddressOfAnySpelling(`${"0".repeat(count)}.0.0.1`)).toBeUndefined();
  }
});

test.each(["192.0.2.", "192.0.2", ".0.2.1", "192..2.1", "1.2.3.4.", ""])(
  "canonicalAddress() of %j is none",
  (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
  },
);
