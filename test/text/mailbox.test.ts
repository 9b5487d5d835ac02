import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addressLiteral, needsUtf8, parseMailbox } from "../../src/text/mailbox.ts";

describe("parseMailbox() reads", () => {
  test.each([
    ["postmaster@example.org", "postmaster@example.org"],
    ["a.b+c@Example.ORG", "a.b+c@example.org"],
    ["!#$%&'*+/=?^_`{|}~-@x.test", "!#$%&'*+/=?^_`{|}~-@x.test"],
    ['"a b@c<>"@x.test', '"a b@c<>"@x.test'],
    ['"a\\"b"@x.test', '"a\\"b"@x.test'],
    ['""@x.test', '""@x.test'],
    ["a@[192.0.2.1]", "a@[192.0.2.1]"],
    ["a@[IPv6:2001:DB8:0:0::1]", "a@[IPv6:2001:db8::1]"],
    ["a@[ipv6:::1]", "a@[IPv6:::1]"],
    ["a@localhost", "a@localhost"],
    ["a@x.test.", "a@x.test"],
    ["a@müller.test", "a@xn--mller-kva.test"],
    ["müller@x.test", "müller@x.test"],
    [`${"a".repeat(64)}@x.test`, `${"a".repeat(64)}@x.test`],
  ])("%s as %s", (text, mailbox) => {
    expect(parseMailbox(text)).toBe(mailbox);
  });
});

describe("parseMailbox() does not read", () => {
  test.each([
    "",
    "a",
    "@x.test",
    "a@",
    "<a@x.test>",
    "a b@x.test",
    ".a@x.test",
    "a.@x.test",
    "a..b@x.test",
    "a@b@x.test",
    'a"b"@x.test',
    '"a@x.test',
    '"a"b"@x.test',
    '"a\\"@x.test',
    "a@x..test",
    "a@-x.test",
    "a@192.0.2.1",
    "a@[192.0.2.256]",
    "a@[2001:db8::1]",
    "a@[IPv6:192.0.2.1]",
    "a@[IPv6:fe80::1%eth0]",
    "a@[x.test]",
    "a@x.test> SIZE=1",
    "a>@x.test",
    "a@x.test\r\nDATA",
    '"a\r\nDATA"@x.test',
    '"a\\\r\n"@x.test',
    "a\0@x.test",
    "a\u0085@x.test",
    "a\u2028@x.test",
    "a\ud800@x.test",
    `${"a".repeat(65)}@x.test`,
    `${"ü".repeat(33)}@x.test`,
    `${"a".repeat(64)}@${"b.".repeat(95)}test`,
  ])("%j", (text) => {
    expect(parseMailbox(text)).toBeUndefined();
  });
});

test("nothing that parseMailbox() reads can end a command or an address, whatever it is made of", () => {
  const part = fc.string({
    unit: fc.constantFrom(...'ab.@"\\<> \r\n\0[]:1ü\u2028'.split("")),
    maxLength: 12,
  });
  fc.assert(
    fc.property(part, part, (local, domain) => {
      for (const text of [`${local}@${domain}`, `"${local}"@x.test`, `${local}@x.test`]) {
        const said = parseMailbox(text);
        if (said === undefined) continue;
        expect(said).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(said.replace(/"(?:[^"\\]|\\.)*"/g, "")).not.toMatch(/[\s<>]/);
        expect(parseMailbox(said)).toBe(said);
      }
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["a@x.test", false],
  ["", false],
  ["ü@x.test", true],
])("needsUtf8(%p) is %p", (mailbox, is) => {
  expect(needsUtf8(mailbox)).toBe(is);
});

test.each([
  ["192.0.2.1", "[192.0.2.1]"],
  ["2001:db8::1", "[IPv6:2001:db8::1]"],
  ["fe80::1%eth0", "[IPv6:fe80::1]"],
])("addressLiteral(%s) is %s", (address, literal) => {
  expect(addressLiteral(address)).toBe(literal);
});
