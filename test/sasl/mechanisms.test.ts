import { describe, expect, test } from "bun:test";
import { chooseMechanism, isMechanism, MECHANISMS, type MechanismName } from "../../src/sasl/mechanisms.ts";

describe("chooseMechanism()", () => {
  test.each<[string, MechanismName | undefined]>([
    ["LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256", "SCRAM-SHA-256"],
    ["PLAIN LOGIN CRAM-MD5", "CRAM-MD5"],
    ["LOGIN PLAIN", "PLAIN"],
    ["login", "LOGIN"],
    ["SCRAM-SHA-1 SCRAM-SHA-256-PLUS GSSAPI", undefined],
    ["XOAUTH2 OAUTHBEARER", undefined],
    ["", undefined],
  ])("takes of %p the best by a password: %p", (offered, chosen) => {
    expect(chooseMechanism(offered.split(" "), undefined)).toBe(chosen as MechanismName);
  });

  test.each(Object.keys(MECHANISMS) as MechanismName[])("takes %s where it is named, and offered", (name) => {
    expect(chooseMechanism(["SCRAM-SHA-256", "PLAIN", name.toLowerCase()], name)).toBe(name);
    expect(chooseMechanism(["GSSAPI"], name)).toBeUndefined();
  });
});

test("isMechanism() knows the six, and nothing that every object has", () => {
  const six = ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"];
  expect([...six, "plain", "GSSAPI", "toString", ""].filter(isMechanism)).toEqual(six as MechanismName[]);
});
