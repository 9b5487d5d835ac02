import { expect, test } from "bun:test";
import { login } from "../../src/sasl/login.ts";

test.each([
  ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"],
  ["", ""],
])("login() says the user, then the password, when it is asked %j and %j", (one, other) => {
  const exchange = login({ user: "jürgen", secret: "pencil" });
  expect(exchange.next("").value).toBeNull();
  expect(Buffer.from(String(exchange.next(atob(one)).value), "latin1").toString()).toBe("jürgen");
  expect(exchange.next(atob(other)).value).toBe("pencil");
  expect(exchange.next("").done).toBe(true);
});
