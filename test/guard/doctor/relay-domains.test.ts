import { describe, expect, test } from "bun:test";
import { parseMainCf } from "../../../src/guard/doctor/parameters.ts";
import { relayDomains } from "../../../src/guard/doctor/relay-domains.ts";

describe("relayDomains() are the names themselves in", () => {
  test.each<[string, readonly string[]]>([
    ["relay_domains = a.test, B.test a.test", ["a.test", "b.test"]],
    ["relay_domains = hash:/etc/postfix/relay, /etc/relay, .sub.test, !x.test, localhost, 192.0.2.1", []],
    ["d = a.test\nrelay_domains = $d", ["a.test"]],
    ["relay_domains = inline:{ a.test = x }, b.test", ["b.test"]],
    ["", []],
  ])("%j", (text, domains) => {
    expect(relayDomains(parseMainCf(text))).toEqual(domains);
  });
});
