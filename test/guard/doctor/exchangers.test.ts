import { describe, expect, test } from "bun:test";
import { examineExchangers } from "../../../src/guard/doctor/exchangers.ts";
import { renderFinding } from "../../../src/guard/doctor/finding.ts";
import type { ExchangeLookup } from "../../../src/names/exchanges.ts";
import type { AddressLookup } from "../../../src/names/resolver.ts";
import { type ProbeOutcome, unprobed } from "../../../src/probe/outcome.ts";

const MX: Readonly<Record<string, ExchangeLookup>> = {
  "a.test": found([10, "mx1.test"], [20, "us.test"]),
  "b.test": found([10, "mx1.test"], [15, "mx2.test"], [20, "us.test"]),
  "first.test": found([10, "us.test"], [20, "mx1.test"]),
  "strange.test": found(...[1, 2, 3, 4, 5, 6].map((at): [number, string] => [at, `m${at}.test`])),
  "null.test": found([0, "."]),
  "none.test": { kind: "none" },
  "broken.test": { kind: "failed", cause: "SERVFAIL" },
};
const reply = (code: number) => ({ code, lines: ["words"], complete: true });

function found(...records: readonly (readonly [number, string])[]): ExchangeLookup {
  return { kind: "found", exchanges: records.map(([preference, exchange]) => ({ preference, exchange })) };
}

async function examine(domains: readonly string[], outcomes: Readonly<Record<string, ProbeOutcome>> = {}) {
  const probed: string[] = [];
  const resolver = {
    exchanges: async (domain: string) => MX[domain] ?? ({ kind: "none" } as const),
    addresses: async (): Promise<AddressLookup> => ({ kind: "not-found" }),
  };
  const own = { names: new Set(["us.test"]), addresses: new Set<string>(), shown: ["us.test", "192.0.2.2"] };
  const findings = await examineExchangers(domains, own, {
    resolver,
    async probe(hosts) {
      probed.push(...hosts);
      return hosts.map((host) =>
        unprobed({ server: host, host, port: 25, preference: null }, outcomes[host] ?? { kind: "refused" }),
      );
    },
  });
  return { lines: findings.map(renderFinding), probed };
}

describe("examineExchangers() says what we are for a domain", () => {
  test.each([
    ["a.test", "ok: a.test: we stand behind mx1.test"],
    ["first.test", "ok: first.test: no exchanger is preferred to us, so nothing is ever deferred for it"],
    [
      "strange.test",
      "error: strange.test: we are none of its mail exchangers (m1.test, m2.test, m3.test, m4.test, m5.test and 1 more), so nothing is ever deferred for it: looked for us.test, 192.0.2.2; name us by proxy_interfaces, or by --stop here and for serve",
    ],
    ["null.test", "warning: null.test takes no mail at all (null MX), so nothing is ever deferred for it"],
    [
      "none.test",
      "error: none.test has no MX record, so nothing is ever deferred for it: write one for it and one for us",
    ],
    ["broken.test", 'warning: broken.test: Cannot look up the mail exchangers of "broken.test": SERVFAIL'],
  ])("%s", async (domain, expected) => {
    const { lines, probed } = await examine([domain]);
    expect(lines[0]).toBe(expected);
    expect(probed).toEqual(domain === "a.test" ? ["mx1.test"] : []);
  });
});

describe("examineExchangers() says how an exchanger greets us", () => {
  const OF = "mx1.test, preferred to us for a.test,";
  const ALLOWLIST =
    "have us put on its allowlist (smtpd_client_event_limit_exceptions, where it is a Postfix)";
  test.each<[ProbeOutcome, string]>([
    [{ kind: "greeted", reply: reply(220) }, `ok: ${OF} is up: said "220 words"`],
    [
      { kind: "busy", stage: "greeting", reply: reply(421) },
      `error: ${OF} turns us away: is busy: "421 words": ${ALLOWLIST}`,
    ],
    [
      { kind: "declined", stage: "greeting", reply: reply(554) },
      `error: ${OF} turns us away: declined with "554 words": ${ALLOWLIST}`,
    ],
    [{ kind: "refused" }, `warning: ${OF} is not up, so mail is let in: refused the connection`],
    [{ kind: "not-found" }, `warning: ${OF} is not up, so mail is let in: name not found`],
    [
      { kind: "no-resources", cause: "EMFILE" },
      "warning: mx1.test, preferred to us for a.test: could not be probed by this machine: EMFILE",
    ],
  ])("%j", async (outcome, expected) => {
    expect((await examine(["a.test"], { "mx1.test": outcome })).lines[1]).toBe(expected);
  });
});

test("examineExchangers() asks each exchanger once, however many domains it serves", async () => {
  const { lines, probed } = await examine(["a.test", "b.test"]);
  expect(probed).toEqual(["mx1.test", "mx2.test"]);
  expect(lines.slice(2)).toEqual([
    "warning: mx1.test, preferred to us for a.test (and 1 more), is not up, so mail is let in: refused the connection",
    "warning: mx2.test, preferred to us for b.test, is not up, so mail is let in: refused the connection",
  ]);
});
