import { describe, expect, test } from "bun:test";
import { parseMainCf } from "../../../src/guard/doctor/parameters.ts";
import { UsageError } from "../../../src/text/errors.ts";

describe("parseMainCf() gives values with names replaced", () => {
  test.each([
    ["a = 1", "a", "1"],
    ["a=1", "a", "1"],
    ["a =", "a", ""],
    ["a = x = y", "a", "x = y"],
    ["a = 1\na = 2", "a", "2"],
    ["a = 1,\n  2", "a", "1, 2"],
    ["", "unknown", ""],
    ["", "constructor", ""],
    [`b = 1\na = $b $(b) \${b}x`, "a", "1 1 1x"],
    ["b = $c\nc = 1\na = $b", "a", "1"],
    ["a = $$b", "a", "$b"],
    [`b = 1\na = \${b?yes} \${b:no}`, "a", "yes "],
    [`a = \${b?yes} \${b:no}`, "a", " no"],
    [`a = \${b?{yes}:{no}}`, "a", "no"],
    [`b = 1\na = \${b?{yes $b}:{no}}`, "a", "yes 1"],
    [`b = 1\na = \${b?{x}}`, "a", "x"],
    ["", "queue_directory", "/var/spool/postfix"],
    ["", "smtpd_policy_service_timeout", "100s"],
    ["", "smtpd_relay_restrictions", ""],
    [
      "compatibility_level = 1",
      "smtpd_relay_restrictions",
      "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
    ],
    ["compatibility_level = 3.5", "smtpd_relay_before_recipient_restrictions", "no"],
    ["compatibility_level = 3.10", "smtpd_relay_before_recipient_restrictions", "yes"],
    [
      "compatibility_level = 3.6\nsmtpd_relay_before_recipient_restrictions = no",
      "smtpd_relay_before_recipient_restrictions",
      "no",
    ],
  ])("%j: %s", (text, name, value) => {
    expect(parseMainCf(text).value(name)).toBe(value);
  });
});

test("value() ends for names that go in a circle", () => {
  expect(parseMainCf("a = x$b\nb = y$a").value("a")).toContain("xyxy");
});

test("with() lets -o of master.cf win", () => {
  const parameters = parseMainCf("a = 1\nb = $a").with(new Map([["a", "2"]]));
  expect([parameters.value("b"), parameters.isGiven("a"), parameters.isGiven("c")]).toEqual([
    "2",
    true,
    false,
  ]);
});

test("parseMainCf() throws a UsageError for what is no setting", () => {
  expect(() => parseMainCf("a = 1\nsmtp inet n")).toThrow(
    new UsageError('Cannot read "smtp inet n" as a line of postconf -n: want name = value'),
  );
});
