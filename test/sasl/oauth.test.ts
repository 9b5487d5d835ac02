import { expect, test } from "bun:test";
import { oauthBearer, saslName, xoauth2 } from "../../src/sasl/oauth.ts";

const TOKEN = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

test("xoauth2() says user and token at once, as Google has it", () => {
  const said = xoauth2({ user: "someuser@example.com", secret: TOKEN }).next("").value;
  expect(said).toBe(`user=someuser@example.com\x01auth=Bearer ${TOKEN}\x01\x01`);
});

test("xoauth2() answers an error with nothing", () => {
  const exchange = xoauth2({ user: "u", secret: TOKEN });
  exchange.next("");
  expect(exchange.next('{"status":"401"}').value).toBe("");
  expect(exchange.next("").done).toBe(true);
});

test("oauthBearer() begins as RFC 7628 §4.1 does, without host and port", () => {
  const exchange = oauthBearer({ user: "user@example.com", secret: TOKEN });
  expect(exchange.next("").value).toBe(`n,a=user@example.com,\x01auth=Bearer ${TOKEN}\x01\x01`);
});

test("oauthBearer() answers an error with %x01 (RFC 7628 §3.2.3)", () => {
  const exchange = oauthBearer({ user: "u", secret: TOKEN });
  exchange.next("");
  expect(exchange.next('{"status":"invalid_token"}').value).toBe("\x01");
});

test("oauthBearer() says a user that holds a comma", () => {
  expect(String(oauthBearer({ user: "a,b", secret: TOKEN }).next("").value)).toStartWith("n,a=a=2Cb,\x01");
});

test.each([
  ["user", "user"],
  ["a,b", "a=2Cb"],
  ["a=2Cb", "a=3D2Cb"],
  [",=,", "=2C=3D=2C"],
])("saslName() writes %s as %s", (name, written) => {
  expect(saslName(name)).toBe(written);
});
