import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { domainOf } from "../../src/guard/recipient-domain.ts";

const LONGEST = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;

describe("domainOf() what stands behind the last @", () => {
  test.each([
    ["a@example.org", "example.org"],
    ["a@Example.ORG", "example.org"],
    ["a@example.org.", "example.org"],
    ["@example.org", "example.org"],
    ["a@b@example.org", "example.org"],
    ['"a@b c\r\n"@example.org', "example.org"],
    ["@relay.test:a@example.org", "example.org"],
    ["a b@example.org", "example.org"],
    ["\0@example.org", "example.org"],
    ["a@localhost", "localhost"],
    ["a@localhost.", "localhost"],
    ["a@müller.test", "xn--mller-kva.test"],
    ["a@MÜLLER.test", "xn--mller-kva.test"],
    ["a@xn--mller-kva.test", "xn--mller-kva.test"],
    ["a@_x.example.org", "_x.example.org"],
    [`a@${LONGEST}`, LONGEST],
    [`a@${LONGEST}.`, LONGEST],
  ])("%j: %s", (mailbox, domain) => {
    expect(domainOf(mailbox)).toBe(domain);
  });
});

describe("domainOf() none", () => {
  test.each([
    "",
    "a",
    "postmaster",
    "a@",
    "@",
    "a@.",
    "a@example.org..",
    "a@.example.org",
    "a@example..org",
    "a@-example.org",
    "a@example.org ",
    "a@ example.org",
    "a@example.org\n",
    "a@exa\tmple.org",
    "a@example.org\0",
    "a@example.org\u0085",
    "a@example.org\u2028",
    "a@exa\u00a0mple.org",
    "a@[192.0.2.1]",
    "a@[IPv6:2001:db8::1]",
    "a@[example.org]",
    "a@192.0.2.1",
    "a@2001:db8::1",
    "a@127.1",
    "a@0x7f000001",
    "a@example.org:25",
    "a@example.org/x",
    "a@ex%61mple.org",
    "a@ex%61mplé.org",
    "a@exam\u{ff0f}ple.org",
    "a@example.org>",
    "a@\ud800.test",
    `a@${LONGEST}d`,
    `a@${"a".repeat(64)}.test`,
    `a@${"ü".repeat(240)}.test`,
    `a@${"x".repeat(1_000_000)}`,
  ])("%j", (mailbox) => {
    expect(domainOf(mailbox)).toBeUndefined();
  });
});

test("domainOf() whatever comes through is a name in the form in which names are looked up, and its own", () => {
  const part = fc.string({ unit: fc.constantFrom(..."aB1.-_@[]: \0ü。\u200d%x".split("")), maxLength: 16 });
  fc.assert(
    fc.property(part, part, (local, tail) => {
      const domain = domainOf(`${local}@${tail}`);
      if (domain === undefined) return;
      expect(domain).toMatch(/^[a-z\d_-]+(?:\.[a-z\d_-]+)*$/);
      expect(domain.length).toBeLessThanOrEqual(253);
      expect(domainOf(`@${domain}`)).toBe(domain);
      expect(domainOf(`@${domain.toUpperCase()}.`)).toBe(domain);
    }),
    { numRuns: 5_000 },
  );
});
