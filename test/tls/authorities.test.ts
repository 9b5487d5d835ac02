import { expect, test } from "bun:test";
import { getCACertificates } from "node:tls";
import { withAuthorities } from "../../src/tls/authorities.ts";
import { identity } from "../fake/certificates.ts";

const ROOTS = [identity("root").cert, identity("privateRoot").cert].map((pem) => pem.trim());

test("withAuthorities() puts one or more behind those that are trusted anyway", () => {
  const usual = [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  expect(usual.length).toBeGreaterThan(0);
  expect(withAuthorities(`# ours\n${ROOTS[0]}\n`)).toEqual([...usual, ROOTS[0] ?? ""]);
  expect(withAuthorities(ROOTS.join("\nbetween them\n"))).toEqual([...usual, ...ROOTS]);
});

test.each([
  ["nothing", ""],
  ["no certificate", identity("root").key],
  ["half a one", ROOTS[0]?.slice(0, 100) ?? ""],
  ["one that cannot be read", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
  [
    "one that cannot be read beside a good one",
    `${ROOTS[0]}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
  ],
])("withAuthorities() does not read %s", (_, pem) => {
  expect(withAuthorities(pem)).toBeUndefined();
});

test("withAuthorities() keeps those that an administrator has put into the system's store", () => {
  const given = withAuthorities(identity("privateRoot").cert) ?? [];
  for (const kind of ["bundled", "system"] as const)
    for (const authority of getCACertificates(kind)) expect(given).toContain(authority);
  expect(given.at(-1)?.trim()).toBe(identity("privateRoot").cert.trim());
});
