import { expect, test } from "bun:test";
import { type Client, clientOf, ownAddressOf } from "../../src/guard/client.ts";

test.each<[string | null, string | null, Client]>([
  ["198.51.100.10", null, { address: "198.51.100.10", family: 4, group: "198.51.100.0/24" }],
  ["::ffff:198.51.100.10", null, { address: "198.51.100.10", family: 4, group: "198.51.100.0/24" }],
  ["2001:DB8::1", null, { address: "2001:db8::1", family: 6, group: "2001:db8:0:0::/64" }],
  ["198.51.100.10", "out7.mail.test", { address: "198.51.100.10", family: 4, group: "mail.test" }],
  [null, "out7.mail.test", { address: undefined, family: 4, group: null }],
  ["unknown", null, { address: undefined, family: 4, group: null }],
])("clientOf() reads %p, %p", (address, name, client) => {
  expect(clientOf(address, name)).toEqual(client);
  expect(clientOf(address, name)).toEqual(client);
});

test("ownAddressOf() is canonical", () => {
  expect(["::FFFF:192.0.2.1", "x", null].map(ownAddressOf)).toEqual(["192.0.2.1", undefined, undefined]);
});
