import { describe, expect, test } from "bun:test";
import { parseMainCf } from "../../../src/guard/doctor/parameters.ts";
import { findPolicyUses } from "../../../src/guard/doctor/restrictions.ts";

const LEVEL = "compatibility_level = 3.6\nsmtpd_relay_restrictions = first\n";

function find(text: string) {
  return findPolicyUses(parseMainCf(LEVEL + text)).map(({ service, ...use }) => ({
    ...use,
    address: service.address,
  }));
}

describe("findPolicyUses() finds a policy service", () => {
  test("in a list, with what stands in front of it and behind it", () => {
    expect(find("smtpd_recipient_restrictions = a, check_policy_service unix:x, b")).toEqual([
      {
        address: "unix:x",
        list: "smtpd_recipient_restrictions",
        before: { inList: ["a"], inOthers: ["first"] },
        after: ["b"],
        isOnlyWarning: false,
        stray: [],
      },
    ]);
  });

  test("in front of smtpd_relay_restrictions below compatibility level 3.6", () => {
    expect(
      find("compatibility_level = 3.5\nsmtpd_recipient_restrictions = check_policy_service unix:x"),
    ).toMatchObject([{ before: { inList: [], inOthers: [] }, after: ["first"] }]);
  });

  test.each([
    ["braces", "smtpd_recipient_restrictions = check_policy_service { unix:x, timeout=3s }"],
    ["a name", "guard = check_policy_service unix:x\nsmtpd_recipient_restrictions = $guard"],
    [
      "a restriction class",
      "smtpd_restriction_classes = c\nc = check_policy_service unix:x\nsmtpd_recipient_restrictions = c",
    ],
    [
      "a class in a class",
      "smtpd_restriction_classes = c d\nc = d\nd = c check_policy_service unix:x\nsmtpd_recipient_restrictions = c",
    ],
  ])("in %s", (_, text) => {
    expect(find(text)).toMatchObject([{ address: "unix:x", list: "smtpd_recipient_restrictions" }]);
  });

  test("in a class that only a table leads to, where one is looked up", () => {
    const classes = "smtpd_restriction_classes = c\nc = check_policy_service unix:x\n";
    expect(find(`${classes}smtpd_recipient_restrictions = check_recipient_access hash:/t`)).toMatchObject([
      { list: "c", before: null },
    ]);
    expect(find(`${classes}smtpd_recipient_restrictions = reject`)).toEqual([]);
  });

  test("in every list, a second one too, and in none", () => {
    const two = "smtpd_data_restrictions = check_policy_service unix:x, check_policy_service inet:1";
    expect(find(two).map(({ address, list }) => [address, list])).toEqual([
      ["unix:x", "smtpd_data_restrictions"],
      ["inet:1", "smtpd_data_restrictions"],
    ]);
    expect(find("smtpd_recipient_restrictions = reject")).toEqual([]);
  });

  test("with settings that stand outside braces", () => {
    expect(
      find("smtpd_recipient_restrictions = check_policy_service unix:x, timeout=3s, reject"),
    ).toMatchObject([{ stray: ["timeout=3s"] }]);
  });

  test("behind warn_if_reject, which takes the effect from what it stands in front of", () => {
    const list = "warn_if_reject reject_unauth_destination warn_if_reject check_policy_service unix:x";
    expect(find(`smtpd_recipient_restrictions = ${list}`)).toMatchObject([
      { isOnlyWarning: true, before: { inList: ["warn_if_reject", "warn_if_reject"] } },
    ]);
  });
});
