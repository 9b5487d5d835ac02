import { describe, expect, test } from "bun:test";
import { parseAllowList } from "../../src/guard/allow-list.ts";
import type { Question } from "../../src/guard/question.ts";
import { UsageError } from "../../src/text/errors.ts";

const QUESTION: Question = {
  isAuthenticated: false,
  clientAddress: null,
  clientName: null,
  ownAddress: null,
  sender: null,
  recipient: "a@example.test",
};

const RULES = `
# networks and addresses
192.0.2.0/24
198.51.100.1
2001:DB8::/32
::ffff:203.0.113.1
# names
MX.Client.test.
bücher.test
localhost
# senders
News@Example.ORG
"odd one"@example.org
a#b@example.org
info@müller.test
root@[192.0.2.9]
# domains
@lists.example.org
@Grüße.test.
`;

describe("parseAllowList() has an address", () => {
  test.each([
    ["192.0.2.77", true],
    ["192.0.3.1", false],
    ["198.51.100.1", true],
    ["198.51.100.2", false],
    ["2001:db8:1::1", true],
    ["2001:db9::1", false],
    ["203.0.113.1", true],
    [undefined, false],
  ])("%s: %p", (address, is) => {
    expect(parseAllowList(RULES, "allow").has(QUESTION, address)).toBe(is);
  });

  test("only by what is known of it, not by how it was given", () => {
    const question = { ...QUESTION, clientAddress: "192.0.2.1" };
    expect(parseAllowList(RULES, "allow").has(question, undefined)).toBe(false);
  });
});

describe("parseAllowList() has a client's name", () => {
  test.each([
    ["mx.client.test", true],
    ["MX.CLIENT.TEST.", true],
    ["a.mx.client.test", false],
    ["client.test", false],
    ["xn--bcher-kva.test", true],
    ["localhost", true],
    ["", false],
    ["192.0.2.1", false],
    ["198.51.100.1", false],
    ["news@example.org", false],
    ["constructor", false],
    [null, false],
  ])("%p: %p", (clientName, is) => {
    expect(parseAllowList(RULES, "allow").has({ ...QUESTION, clientName }, "233.252.0.1")).toBe(is);
  });
});

describe("parseAllowList() has a sender", () => {
  test.each([
    ["news@example.org", true],
    ["NEWS@EXAMPLE.ORG", true],
    ["news@example.org.", true],
    ["news@a.example.org", false],
    ["news+tag@example.org", false],
    ["example.org", false],
    ['"odd one"@example.org', true],
    ["a#b@example.org", true],
    ["a@example.org", false],
    ["info@müller.test", true],
    ["info@xn--mller-kva.test", true],
    ["root@[192.0.2.9]", true],
    ["anybody@lists.example.org", true],
    ["anybody@LISTS.example.org.", true],
    ["a@b@lists.example.org", true],
    ["@lists.example.org", true],
    ["anybody@a.lists.example.org", false],
    ["anybody@notlists.example.org", false],
    ["anybody@lists.example.org@example.com", false],
    ["anybody@grüße.test", true],
    ["", false],
    ["@", false],
    ["a b\u0000@lists.example.org", true],
    ["anybody@lists.example.org\u0000", false],
    [`a@${"x".repeat(100_000)}`, false],
    [null, false],
  ])("%p: %p", (sender, is) => {
    expect(parseAllowList(RULES, "allow").has({ ...QUESTION, sender }, "233.252.0.1")).toBe(is);
  });
});

test("parseAllowList() has nobody when the file holds comments alone, as it is shipped", () => {
  const list = parseAllowList("# 192.0.2.0/24\n#\n\n", "allow");
  const question = { ...QUESTION, clientName: "mx.client.test", sender: "" };
  expect(list.has(question, "192.0.2.1")).toBe(false);
});

describe("parseAllowList() throws a UsageError that names the line", () => {
  const NETWORK = "want an address or a network, such as 192.0.2.0/24 or 2001:db8::/32";
  const ALLOWED = "want a network, a client's name, a sender, or @ and a domain";
  test.each([
    ["192.0.2.1/24", `a network: there are bits behind the prefix, ${NETWORK}`],
    ["192.0.2.0/33", `a network: the prefix is too long, ${NETWORK}`],
    ["example.org/24", `a network: ${NETWORK}`],
    ["fe80::1%eth0", `a network: ${NETWORK}`],
    ["*.example.org", `who is allowed: ${ALLOWED}`],
    [".example.org", `who is allowed: ${ALLOWED}`],
    ["127.1", `who is allowed: ${ALLOWED}`],
    ["[192.0.2.1]", `who is allowed: ${ALLOWED}`],
    ["a b", `who is allowed: ${ALLOWED}`],
    ["a@", "a sender: want a mailbox, such as news@example.org"],
    ["<a@example.org>", "a sender: want a mailbox, such as news@example.org"],
    ["a b@example.org", "a sender: want a mailbox, such as news@example.org"],
  ])("for %j", (rule, why) => {
    expect(() => parseAllowList(`# allowed\n${rule}\n`, "allow.txt")).toThrow(
      new UsageError(`Cannot read "${rule}" as ${why} (allow.txt, line 2)`),
    );
  });

  test("for @ without a domain", () => {
    expect(() => parseAllowList("@", "allow.txt")).toThrow(
      new UsageError(
        'Cannot read "" as a mail domain: no host, want a domain name, such as example.org (allow.txt, line 1)',
      ),
    );
  });
});
