import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { groupOf } from "../../src/guard/sender-group.ts";

describe("groupOf() a pool is its name without the first label", () => {
  test.each([
    [
      "40.107.22.71",
      "mail-am6eur05on2071.outbound.protection.outlook.com",
      "outbound.protection.outlook.com",
    ],
    ["209.85.218.41", "mail-ej1-f41.google.com", "google.com"],
    ["209.85.221.47", "mail-wr1-f47.google.com", "google.com"],
    ["2a00:1450:4864:20::533", "mail-ed1-x533.google.com", "google.com"],
    ["40.107.8.58", "mail-vi1eur04on2058.outbound.protection.outlook.com", "outbound.protection.outlook.com"],
    ["192.0.2.1", "mx1.example.org", "example.org"],
    ["2001:db8::1", "mx1.example.org", "example.org"],
    ["192.0.2.1", "MX.Example.ORG.", "example.org"],
    ["192.0.2.1", "a.b.c.d.example.org", "b.c.d.example.org"],
    ["192.0.2.1", "mx.co.test", "co.test"],
    ["2001:db8::25", "mx.example.org", "example.org"],
    ["fe80::1234%eth0", "mx.example.org", "example.org"],
  ])("%s %s: %s", (address, name, group) => {
    expect(groupOf(address, name)).toBe(group);
  });
});

describe("groupOf() a name that holds a part of the address is the network", () => {
  test.each([
    ["192.0.2.34", "192-0-2-34.dsl.isp.example", "192.0.2.0/24"],
    ["192.0.2.34", "34-2-0-192.dsl.isp.example", "192.0.2.0/24"],
    ["192.0.2.34", "host-2-34.dsl.isp.example", "192.0.2.0/24"],
    ["192.0.2.34", "192-000-002-034.dsl.isp.example", "192.0.2.0/24"],
    ["192.0.2.34", "c0000222.dsl.isp.example", "192.0.2.0/24"],
    ["192.0.2.34", "C0000222.DSL.isp.example", "192.0.2.0/24"],
    ["192.0.2.34", "x0222x.dsl.isp.example", "192.0.2.0/24"],
    ["192.0.222.173", "pool-dead.isp.example", "192.0.222.0/24"],
    ["2001:db8::abcd:1", "abcd-0001.dsl.isp.example", "2001:db8:0:0::/64"],
    ["2001:db8::2:3:4:5", "x0002000300040005x.dsl.isp.example", "2001:db8:0:0::/64"],
  ])("%s %s: %s", (address, name, group) => {
    expect(groupOf(address, name)).toBe(group);
  });
});

describe("groupOf() a number that is no part of the address does not matter", () => {
  test.each([
    ["192.0.2.34", "mx192.example.org", "example.org"],
    ["192.0.2.34", "mx3.example.org", "example.org"],
    ["192.0.2.34", "mx234.example.org", "example.org"],
    ["192.0.2.34", "host34.example.org", "example.org"],
    ["192.0.2.34", "mx2.example.org", "example.org"],
    ["2001:db8::abcd:1", "host-abcd.example.org", "example.org"],
    ["192.0.2.34", "mx.dsl-2-34.example.org", "dsl-2-34.example.org"],
    ["2001:db8::1", "host-0.dsl.isp.example", "dsl.isp.example"],
    ["2001:db8::1", "db8.dsl.isp.example", "dsl.isp.example"],
  ])("%s %s: %s", (address, name, group) => {
    expect(groupOf(address, name)).toBe(group);
  });
});

describe("groupOf() a client without a name that says so is its network", () => {
  test.each([
    ["192.0.2.34", null, "192.0.2.0/24"],
    ["192.0.2.34", "", "192.0.2.0/24"],
    ["192.0.2.34", "localhost", "192.0.2.0/24"],
    ["192.0.2.34", "example.org", "192.0.2.0/24"],
    ["192.0.2.34", "example.org.", "192.0.2.0/24"],
    ["192.0.2.34", "...", "192.0.2.0/24"],
    ["192.0.2.34", "mx..org", "192.0.2.0/24"],
    ["192.0.2.34", "mx.example.org..", "192.0.2.0/24"],
    ["0.0.0.0", null, "0.0.0.0/24"],
    ["255.255.255.255", null, "255.255.255.0/24"],
    ["2001:db8:1:2:3:4:5:6", null, "2001:db8:1:2::/64"],
    ["2001:db8::1", null, "2001:db8:0:0::/64"],
    ["::", null, "0:0:0:0::/64"],
    ["fe80::1%eth0", null, "fe80:0:0:0::/64"],
    ["fe80::1%1.2.3", "localhost", "fe80:0:0:0::/64"],
  ])("%s %p: %s", (address, name, group) => {
    expect(groupOf(address, name)).toBe(group);
  });
});

test("groupOf() no host of a network that is named for its addresses is counted with all of its provider", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, octet, octet, (...octets) => {
      const address = octets.join(".");
      const hex = octets.map((each) => each.toString(16).padStart(2, "0")).join("");
      const labels = [
        octets.join("-"),
        octets.toReversed().join("-"),
        `host-${octets[2]}-${octets[3]}`,
        `h${hex}`,
      ];
      for (const label of labels) {
        expect(groupOf(address, `${label}.dsl.isp.example`)).toBe(`${octets.slice(0, 3).join(".")}.0/24`);
      }
    }),
  );
});

test("groupOf() a very long name takes no long time", () => {
  const startedAtMs = performance.now();
  for (const name of [`${"1-".repeat(16_000)}.a.test`, "a.".repeat(16_000), "f".repeat(32_000)]) {
    groupOf("192.0.2.1", name);
    groupOf("2001:db8::1", name);
  }
  expect(performance.now() - startedAtMs).toBeLessThan(1_000);
});
