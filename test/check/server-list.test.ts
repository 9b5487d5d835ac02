import { afterEach, describe, expect, jest, test } from "bun:test";
import { MAX_EXCHANGERS } from "../../src/check/exchangers.ts";
import type { Listed } from "../../src/check/listed.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import { listServers } from "../../src/check/server-list.ts";
import { MxLookupError } from "../../src/names/exchanges.ts";
import { UsageError } from "../../src/text/errors.ts";
import { type ExchangeZone, exchangeZoneResolver } from "../fake/exchange-zone.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { zoneResolver } from "../fake/zone-resolver.ts";

afterEach(() => {
  jest.useRealTimers();
});

const { signal } = new AbortController();

function list(servers: string | readonly string[], options: CheckOptions): Promise<readonly Listed[]> {
  return listServers(servers, options, signal, () => import("../../src/check/further.ts"));
}

async function named(servers: string, domains: ExchangeZone, mx: readonly string[]) {
  const listed = await list(servers, { mx, resolver: exchangeZoneResolver(domains) });
  return listed.map(({ target }) => `${target.preference}:${target.server}:${target.port}`);
}

describe("listServers() without a domain", () => {
  test("is the servers named, of all arguments, with the default port", async () => {
    const listed = await list(["10:a.test,b.test:26", "[::1]"], { port: 2525 });
    expect(listed).toEqual([
      { target: { server: "a.test", host: "a.test", port: 2525, preference: 10 } },
      { target: { server: "b.test", host: "b.test", port: 26, preference: null } },
      { target: { server: "[::1]", host: "::1", port: 2525, preference: null } },
    ]);
  });

  test("needs a server", () => {
    expect(list([" "], {})).rejects.toThrow(
      new UsageError("No server given: want at least one, such as 10:mx1.example.org"),
    );
  });
});

describe("listServers() with domains", () => {
  test("puts the exchangers in front, sorted by preference, equal ones in the order received", async () => {
    const records = [
      [20, "mx3.test."],
      [10, "mx1.test"],
      [10, "MX2.test"],
    ] as const;
    expect(await named("5:backup.test:26", { "a.test": records }, ["a.test"])).toEqual([
      "10:mx1.test:25",
      "10:MX2.test:25",
      "20:mx3.test:25",
      "5:backup.test:26",
    ]);
  });

  test("keeps the order of the domains, whichever answers first", async () => {
    const slow = Promise.withResolvers<readonly [[number, string]]>();
    const domains = { "a.test": slow.promise, "b.test": [[1, "mx.b.test"]], "c.test": "none" } as const;
    const naming = named("d.test", domains, ["a.test", "b.test", "c.test"]);
    slow.resolve([[90, "mx.a.test"]]);
    expect(await naming).toEqual(["90:mx.a.test:25", "1:mx.b.test:25", "0:c.test:25", "null:d.test:25"]);
  });

  test("needs no server beside them, and gives exchangers the default port", async () => {
    const resolver = exchangeZoneResolver({ "a.test": [[10, "MX.a.test."]] });
    expect(await list([], { mx: ["A.test."], resolver, port: 2525 })).toEqual([
      { target: { server: "MX.a.test", host: "mx.a.test", port: 2525, preference: 10, domain: "a.test" } },
    ]);
    expect(resolver.askedExchanges).toEqual(["a.test"]);
  });

  test("takes the domain itself when it has no MX record (implicit MX)", async () => {
    const resolver = exchangeZoneResolver({ "xn--bcher-kva.test": "none" });
    expect(await list("", { mx: ["Bücher.test"], resolver })).toEqual([
      {
        target: {
          server: "Bücher.test",
          host: "xn--bcher-kva.test",
          port: 25,
          preference: 0,
          domain: "xn--bcher-kva.test",
        },
      },
    ]);
  });

  test("has a skipped server for a domain that takes no mail (null MX)", async () => {
    const resolver = exchangeZoneResolver({ "a.test": [[0, "."]] });
    expect(await list("", { mx: ["a.test"], resolver })).toEqual([
      {
        target: { server: "a.test", host: "a.test", port: 25, preference: 0 },
        outcome: { kind: "skipped", why: "null-mx" },
      },
    ]);
  });

  test.each(["192.0.2.1", "a b", "a..test", "_a\\032.test"])("knows that %j is no host", async (exchange) => {
    const resolver = exchangeZoneResolver({ "a.test": [[10, exchange]] });
    expect(await list("", { mx: ["a.test"], resolver })).toEqual([
      {
        target: { server: exchange, host: exchange, port: 25, preference: 10, domain: "a.test" },
        outcome: { kind: "bad-exchange", why: exchange === "192.0.2.1" ? "address" : "no-host-name" },
      },
    ]);
  });

  test("asks the name servers given, when the resolver has no MX records", async () => {
    using dns = await fakeNameServer({ "a.test": { MX: [[10, "mx.a.test"]] } });
    const listed = await list("", { mx: ["a.test"], dns: [dns.address], resolver: zoneResolver({}) });
    expect(listed.map(({ target }) => target.server)).toEqual(["mx.a.test"]);
    expect(dns.questions).toContain("MX a.test");
  });
});

describe("listServers() bounds", () => {
  test("the exchangers of a domain: the best 32 count, and the rest is shown as left out", async () => {
    const records = Array.from({ length: 500 }, (_, at) => [500 - at, `mx${500 - at}.test`] as const);
    const listed = await list("", { mx: ["a.test"], resolver: exchangeZoneResolver({ "a.test": records }) });
    expect(listed.length).toBe(500);
    expect(
      listed.filter(({ outcome }) => outcome === undefined).map(({ target }) => target.preference),
    ).toEqual(Array.from({ length: MAX_EXCHANGERS }, (_, at) => at + 1));
    expect(new Set(listed.slice(MAX_EXCHANGERS).map(({ outcome }) => JSON.stringify(outcome)))).toEqual(
      new Set([JSON.stringify({ kind: "skipped", why: "too-many-exchangers" })]),
    );
  });
});

describe("listServers() with sort", () => {
  test("orders by preference, equal ones as they stand, those without one last", async () => {
    const resolver = exchangeZoneResolver({ "a.test": [[15, "mx.a.test"]] });
    const servers = "30:c.test b.test 10:a1.test 0:z.test 10:a2.test d.test";
    const listed = await list(servers, { sort: true, mx: ["a.test"], resolver });
    expect(listed.map(({ target }) => target.server)).toEqual([
      "z.test",
      "a1.test",
      "a2.test",
      "mx.a.test",
      "c.test",
      "b.test",
      "d.test",
    ]);
    const named = await list("2:b.test 1:a.test", { sort: true });
    expect(named.map(({ target }) => target.server)).toEqual(["a.test", "b.test"]);
  });
});

test.each([
  [4, "[2001:db8::1]:25", "[2001:db8::1]"],
  [6, "10:192.0.2.3", "192.0.2.3"],
] as const)(
  "listServers() rejects an address that family %d cannot reach: %s",
  async (family, server, shown) => {
    const want = `want an IPv${family} address or a name, for -${family} was given`;
    await expect(list(`mx.test ${server}`, { family })).rejects.toThrow(
      new UsageError(`Cannot read "${shown}" as a server: ${want}`),
    );
  },
);

test.each([4, 6] as const)(
  "listServers() takes a unix socket for family %i, which has none",
  async (family) => {
    const [listed] = await list("unix:/run/lmtp", { family, lmtp: true });
    expect(listed?.target.host).toBe("unix:/run/lmtp");
  },
);

describe("listServers() rejects", () => {
  test.each([
    ["192.0.2.1", "it is an address"],
    ["a b", '" " cannot stand in a name'],
    ["", "no host"],
    ["a..test", "a label is empty"],
    ["a.test:25", '":" cannot stand in a name'],
  ])("for the domain %j, and says what is wrong", async (domain, fault) => {
    const resolver = exchangeZoneResolver({});
    const error = await list("", { mx: [domain], resolver }).catch((reason) => reason);
    expect(error).toEqual(
      new UsageError(
        `Cannot read "${domain}" as a mail domain: ${fault}, want a domain name, such as example.org`,
      ),
    );
    expect(resolver.askedExchanges).toEqual([]);
  });

  test("for a server that cannot be read, and looks nothing up", async () => {
    const resolver = exchangeZoneResolver({});
    expect(await list("10:", { mx: ["a.test"], resolver }).catch((reason) => reason)).toBeInstanceOf(
      UsageError,
    );
    expect(resolver.askedExchanges).toEqual([]);
  });

  test("when one of the lookups fails", async () => {
    const domains = { "a.test": [[10, "mx.a.test"]], "b.test": { failure: "ESERVFAIL" } } as const;
    const listing = list("c.test", { mx: ["a.test", "b.test"], resolver: exchangeZoneResolver(domains) });
    expect(await listing.catch((reason) => reason)).toEqual(
      new MxLookupError('Cannot look up the mail exchangers of "b.test": ESERVFAIL'),
    );
  });

  test("when a lookup takes longer than a server may", async () => {
    jest.useFakeTimers();
    const resolver = exchangeZoneResolver({ "a.test": "silent" });
    const listing = list("", { mx: ["a.test"], resolver, timeoutMs: 2_000 }).catch((reason) => reason);
    while (resolver.askedExchanges.length === 0) await Promise.resolve();
    jest.advanceTimersByTime(2_010);
    expect(await listing).toEqual(
      new MxLookupError('Cannot look up the mail exchangers of "a.test": timed out'),
    );
  });
});
