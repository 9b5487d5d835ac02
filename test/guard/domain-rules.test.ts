import { describe, expect, test } from "bun:test";
import { parseDomainRules } from "../../src/guard/domain-rules.ts";
import { UsageError } from "../../src/text/errors.ts";

const RULES = `
# ours
example.org
.sub.example.org   # all below, not itself
Bücher.TEST.
.xn--bcher-kva.example
localhost
.test
`;

describe("parseDomainRules() guards", () => {
  test.each([
    ["example.org", true],
    ["a.example.org", false],
    ["sub.example.org", false],
    ["a.sub.example.org", true],
    ["b.a.sub.example.org", true],
    ["asub.example.org", false],
    ["xn--bcher-kva.test", true],
    ["bücher.test", true],
    ["a.xn--bcher-kva.example", true],
    ["xn--bcher-kva.example", false],
    ["localhost", true],
    ["a.localhost", false],
    ["test", false],
    ["a.test", true],
    ["org", false],
    ["", false],
    [".", false],
    [".test", true],
    ["constructor", false],
    ["__proto__", false],
    [`${"a.".repeat(120)}sub.example.org`, true],
    [`${"a.".repeat(120)}example.com`, false],
  ])("%s: %p", (domain, is) => {
    expect(parseDomainRules(RULES, "domains").has(domain)).toBe(is);
  });

  test("nothing, when the file is empty", () => {
    const rules = parseDomainRules("# nothing\n", "domains");
    expect(["example.org", "localhost", ""].filter((domain) => rules.has(domain))).toEqual([]);
  });
});

describe("parseDomainRules() throws a UsageError that names the line", () => {
  test.each([
    [".", "", "no host"],
    ["..example.org", ".example.org", "a label is empty"],
    ["a@example.org", "a@example.org", '"@" cannot stand in a name'],
    ["@example.org", "@example.org", '"@" cannot stand in a name'],
    ["*.example.org", "*.example.org", '"*" cannot stand in a name'],
    ["example.org example.com", "example.org example.com", '" " cannot stand in a name'],
    ["192.0.2.1", "192.0.2.1", "it is an address"],
    ["[192.0.2.1]", "[192.0.2.1]", "it is an address"],
    [".2001:db8::1", "2001:db8::1", "it is an address"],
    ["a\u0007b.test", "a\\x07b.test", '"\\x07" cannot stand in a name'],
  ])("for %j", (rule, shown, fault) => {
    expect(() => parseDomainRules(`example.org\n\n${rule} # why\n`, "/etc/domains")).toThrow(
      new UsageError(
        `Cannot read "${shown}" as a mail domain: ${fault}, want a domain name, such as example.org (/etc/domains, line 3)`,
      ),
    );
  });
});
