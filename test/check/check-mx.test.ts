import { describe, expect, test } from "bun:test";
import { check } from "../../src/check/check.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import { MxLookupError } from "../../src/names/exchanges.ts";
import type { ServerReport } from "../../src/probe/outcome.ts";
import { type ExchangeZone, exchangeZoneResolver } from "../fake/exchange-zone.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { THREE, threeServers } from "./three-servers.ts";

const S1 = "s1.test";
const S2 = "s2.test";
const S3 = "s3.test";

function line({ target, outcome }: ServerReport): string {
  return `${target.server} ${outcome.kind === "skipped" ? outcome.why : outcome.kind}`;
}

/** Checks the exchangers of a.test, and of b.test if the zone has it, in front of the servers named. */
async function run(domains: ExchangeZone, servers: string, options: CheckOptions = {}) {
  using three = threeServers();
  const {
    verdict,
    server,
    servers: reports,
  } = await check(servers, {
    mx: Object.keys(domains),
    resolver: exchangeZoneResolver(domains, { ...THREE, "a.test": ["127.0.0.61"] }),
    port: three.port,
    until: "settled",
    ...options,
  });
  const connections = await three.connections();
  return { chosen: server?.server ?? verdict, reported: reports.map(line), connections };
}

describe("check() with mx", () => {
  test("chooses the most preferred exchanger, in front of the servers named", async () => {
    const domains = {
      "a.test": [
        [20, S2],
        [10, S1],
      ],
    } as const;
    expect(await run(domains, S3)).toEqual({
      chosen: S1,
      reported: [`${S1} greeted`, `${S2} greeted`, `${S3} greeted`],
      connections: [1, 1, 1],
    });
  });

  test("checks the domain itself when it has no MX record", async () => {
    expect(await run({ "a.test": "none" }, "")).toEqual({
      chosen: "a.test",
      reported: ["a.test greeted"],
      connections: [1, 0, 0],
    });
  });

  test("skips a domain that takes no mail: no server is available", async () => {
    expect(await run({ "a.test": [[0, "."]] }, "")).toEqual({
      chosen: "unavailable",
      reported: ["a.test null-mx"],
      connections: [0, 0, 0],
    });
  });

  test("skips it beside servers that count", async () => {
    expect((await run({ "a.test": [[0, "."]], "b.test": [[10, S2]] }, "")).reported).toEqual([
      "a.test null-mx",
      `${S2} greeted`,
    ]);
  });

  test("reports an exchange that is no host as not found, without looking it up", async () => {
    const domains = {
      "a.test": [
        [10, "192.0.2.1"],
        [20, S1],
      ],
    } as const;
    const { chosen, reported } = await run(domains, "");
    expect([chosen, ...reported]).toEqual([S1, "192.0.2.1 bad-exchange", `${S1} greeted`]);
  });

  test("rejects when the exchangers cannot be looked up, and connects to nothing", async () => {
    using three = threeServers();
    const resolver = exchangeZoneResolver({ "a.test": { failure: "ESERVFAIL" } }, THREE);
    const checking = check(S1, { mx: ["a.test"], resolver, port: three.port });
    expect(await checking.catch((error) => error)).toEqual(
      new MxLookupError('Cannot look up the mail exchangers of "a.test": ESERVFAIL'),
    );
    expect(await three.connections()).toEqual([0, 0, 0]);
  });

  test("rejects with the reason of a signal that comes during the lookup", async () => {
    const over = new AbortController();
    const resolver = exchangeZoneResolver({ "a.test": "silent" });
    const checking = check("", { mx: ["a.test"], resolver, timeoutMs: 0, signal: over.signal });
    over.abort("enough");
    expect(await checking.catch((reason) => reason)).toBe("enough");
  });
});

describe("check() with mx and a stop host", () => {
  const domains = {
    "a.test": [
      [10, S1],
      [20, S2],
      [20, S3],
    ],
  } as const;

  test.each<[string, readonly string[], readonly string[]]>([
    ["by name", [S2], [`${S1} greeted`, `${S2} stop-host`, `${S3} same-preference`]],
    ["by address", ["127.0.0.62"], [`${S1} greeted`, `${S2} stop-host`, `${S3} same-preference`]],
    ["in front", [S1], [`${S1} stop-host`, `${S2} after-stop`, `${S3} after-stop`]],
    ["last", [S3], [`${S1} greeted`, `${S2} same-preference`, `${S3} stop-host`]],
    ["not in the list", ["192.0.2.9"], [`${S1} greeted`, `${S2} greeted`, `${S3} greeted`]],
  ])("stops before it: %s", async (_, stop, reported) => {
    const ran = await run(domains, "", { stop });
    expect(ran.reported).toEqual([...reported]);
    expect(ran.connections).toEqual(reported.map((report) => (report.endsWith("greeted") ? 1 : 0)));
  });

  test("stops before it though one in front is no host and another takes no mail", async () => {
    const mixed = {
      "b.test": [[0, "."]],
      "a.test": [
        [10, "192.0.2.1"],
        [20, S1],
        [30, S2],
      ],
    } as const;
    const { chosen, reported } = await run(mixed, S3, { stop: ["127.0.0.62"] });
    expect(chosen).toBe(S1);
    expect(reported).toEqual([
      "b.test null-mx",
      "192.0.2.1 bad-exchange",
      `${S1} greeted`,
      `${S2} stop-host`,
      `${S3} after-stop`,
    ]);
  });
});

describe("check() with dns", () => {
  test("asks these name servers for exchangers, addresses and stop hosts", async () => {
    using server = fakeSmtpServer("S: 220 mx.example.test\nC: QUIT", { hostname: "127.0.0.61" });
    using dns = await fakeNameServer({
      "a.test": {
        MX: [
          [10, "mx1.a.test"],
          [20, "mx2.a.test"],
        ],
      },
      "mx1.a.test": { A: ["127.0.0.61"] },
      "mx2.a.test": { A: ["192.0.2.2"] },
      "me.test": { A: ["192.0.2.2"] },
    });
    const options = { mx: ["a.test"], dns: [dns.address], stop: ["me.test"], until: "settled" } as const;
    const { servers } = await check([], { ...options, port: server.port });
    expect(servers.map(line)).toEqual(["mx1.a.test greeted", "mx2.a.test stop-host"]);
  });

  test("asks them for the addresses of servers named", async () => {
    using dns = await fakeNameServer({});
    const { servers } = await check("gone.test", { dns: [dns.address] });
    expect(servers.map(line)).toEqual(["gone.test not-found"]);
    expect(dns.questions.toSorted()).toContain("A gone.test");
  });

  test("asks nobody when a resolver is given", async () => {
    using dns = await fakeNameServer({});
    const resolver = exchangeZoneResolver({ "a.test": [[0, "."]] }, { "b.test": "not-found" });
    await check("b.test", { mx: ["a.test"], dns: [dns.address], resolver });
    expect(dns.questions).toEqual([]);
  });
});
