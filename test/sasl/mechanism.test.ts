import { expect, test } from "bun:test";
import { octetsOf, SaslError } from "../../src/sasl/mechanism.ts";

test.each([
  ["", ""],
  ["user", "user"],
  ["ü", "\xc3\xbc"],
  ["€\0", "\xe2\x82\xac\0"],
])("octetsOf(%j) has one character an octet of UTF-8", (text, octets) => {
  expect(octetsOf(text)).toBe(octets);
  expect(() => btoa(octetsOf(text))).not.toThrow();
});

test("a SaslError says who it is", () => {
  expect(new SaslError("why")).toMatchObject({ name: "SaslError", message: "why" });
});
