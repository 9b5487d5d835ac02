import { expect, test } from "bun:test";
import { plain } from "../../src/sasl/plain.ts";

test.each([
  ["tim", "tanstaaftanstaaf", "\0tim\0tanstaaftanstaaf"],
  ["user", "pass word=,", "\0user\0pass word=,"],
])("plain() says %s and %s as RFC 4616 §2 and §4 have it", (user, secret, octets) => {
  const exchange = plain({ user, secret });
  expect(exchange.next("")).toEqual({ value: octets, done: false });
  expect(exchange.next("").done).toBe(true);
});

test("plain() says UTF-8", () => {
  const said = String(plain({ user: "jürgen", secret: "€" }).next("").value);
  expect(Buffer.from(said, "latin1").toString()).toBe("\0jürgen\0€");
});
