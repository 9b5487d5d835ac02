import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { cramMd5 } from "../../src/sasl/cram-md5.ts";

test("cramMd5() says what the example of RFC 2195 §2 says", () => {
  const exchange = cramMd5({ user: "tim", secret: "tanstaaftanstaaf" });
  expect(exchange.next("").value).toBeNull();
  expect(exchange.next("<1896.697170952@postoffice.reston.mci.net>").value).toBe(
    "tim b913a602c7eda7a495b4e6e7334d3890",
  );
  expect(exchange.next("").done).toBe(true);
});

test("cramMd5() signs octets that are no text, with a secret in UTF-8", () => {
  const exchange = cramMd5({ user: "u", secret: "pässword" });
  exchange.next("");
  const digest = createHmac("md5", Buffer.from("pässword"))
    .update(Buffer.of(0xff, 0, 0x80))
    .digest("hex");
  expect(exchange.next("\xff\0\x80").value).toBe(`u ${digest}`);
});
