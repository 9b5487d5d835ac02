import { describe, expect, test } from "bun:test";
import { check } from "../../src/check/check.ts";
import {
  type ExchangeLookup,
  type ExchangeResolver,
  type MailExchanger,
  MxLookupError,
  resolveExchanges,
} from "../../src/names/exchanges.ts";
import { nameServers } from "../../src/names/name-servers.ts";
import { UsageError } from "../../src/text/errors.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Zone } from "../fake/zone.ts";

function answering(lookup: ExchangeLookup): ExchangeResolver & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    asked,
    exchanges(domain) {
      asked.push(domain);
      return Promise.resolve(lookup);
    },
  };
}

function found(...records: readonly (readonly [number, string])[]): ExchangeResolver {
  const exchanges = records.map(([preference, exchange]) => ({ preference, exchange }));
  return answering({ kind: "found", exchanges });
}

function usable(preference: number, exchange: string): MailExchanger {
  return { preference, exchange, host: exchange.toLowerCase() };
}

function unusable(preference: number, exchange: string): MailExchanger {
  return { preference, exchange, host: null };
}

const NONE: ExchangeLookup = { kind: "none" };

describe("resolveExchanges()", () => {
  test.each<[string, readonly (readonly [number, string])[], readonly MailExchanger[]]>([
    [
      "sorts by preference",
      [
        [65_535, "c.test"],
        [0, "a.test"],
        [10, "b.test"],
      ],
      [usable(0, "a.test"), usable(10, "b.test"), usable(65_535, "c.test")],
    ],
    [
      "leaves equal ones in the order received",
      [
        [10, "z.test"],
        [5, "y.test"],
        [10, "a.test"],
        [10, "m.test"],
      ],
      [usable(5, "y.test"), usable(10, "z.test"), usable(10, "a.test"), usable(10, "m.test")],
    ],
    [
      "keeps of a host named twice the more preferred",
      [
        [20, "mx.test"],
        [10, "MX.test"],
        [20, "mx.test."],
        [20, "other.test"],
      ],
      [usable(10, "MX.test"), usable(20, "other.test")],
    ],
    ["drops a trailing dot", [[10, "mx.test."]], [usable(10, "mx.test")]],
    [
      "ignores a null MX among others",
      [
        [0, ""],
        [0, "."],
        [10, "mx.test"],
      ],
      [usable(10, "mx.test")],
    ],
    [
      "marks what is no host name, and keeps it",
      [
        [1, String.raw`a\000b.test`],
        [2, "192.0.2.1"],
        [3, "2001:db8::1"],
        [4, "sp ace.test"],
        [5, "\x1b[31m.test"],
        [6, `${"x".repeat(64)}.test`],
        [7, "x.".repeat(150)],
        [8, "127.1"],
        [9, "[192.0.2.1]"],
        [10, "mx.test"],
      ],
      [
        unusable(1, String.raw`a\000b.test`),
        unusable(2, "192.0.2.1"),
        unusable(3, "2001:db8::1"),
        unusable(4, "sp ace.test"),
        unusable(5, "\x1b[31m.test"),
        unusable(6, `${"x".repeat(64)}.test`),
        unusable(7, "x.".repeat(150).slice(0, -1)),
        unusable(8, "127.1"),
        unusable(9, "[192.0.2.1]"),
        usable(10, "mx.test"),
      ],
    ],
  ])("%s", async (_, records, exchanges) => {
    expect(await resolveExchanges("example.test", found(...records))).toEqual({
      kind: "exchanges",
      exchanges,
      implicit: false,
    });
  });

  test("keeps 20 of them", async () => {
    const records = Array.from({ length: 20 }, (_, at): [number, string] => [20 - at, `mx${at}.test`]);
    const list = await resolveExchanges("example.test", found(...records));
    expect(list).toMatchObject({ exchanges: records.toReversed().map(([preference]) => ({ preference })) });
  });

  test.each([
    [[[0, ""]]],
    [[[0, "."]]],
    [[[10, ""]]],
    [
      [
        [0, ""],
        [0, ""],
      ],
    ],
  ] as [[number, string][]][])("finds no server for a null MX (%j)", async (records) => {
    expect(await resolveExchanges("example.test", found(...records))).toEqual({ kind: "null-mx" });
  });

  test.each([
    ["example.test", "example.test", "example.test"],
    ["Example.TEST.", "example.test", "example.test"],
    ["bücher.test", "xn--bcher-kva.test", "xn--bcher-kva.test"],
    ["localhost", "localhost", "localhost."],
    ["Test.", "test", "test."],
  ])("takes %p, without MX records, as its own server", async (domain, exchange, host) => {
    const resolver = answering(NONE);
    expect(await resolveExchanges(domain, resolver)).toEqual({
      kind: "exchanges",
      exchanges: [{ preference: 0, exchange, host }],
      implicit: true,
    });
    expect(resolver.asked).toEqual([exchange]);
  });

  test.each([
    "192.0.2.1",
    "2001:db8::1",
    "[192.0.2.1]",
    "127.1",
    "",
    ".",
    "a..test",
    "user@a.test",
    "a.test:25",
    "a\x07.test",
  ])("throws when %j is no mail domain, and asks nobody", async (domain) => {
    const resolver = answering(NONE);
    await expect(resolveExchanges(domain, resolver)).rejects.toBeInstanceOf(UsageError);
    expect(resolver.asked).toEqual([]);
  });

  test("throws with the reason when the lookup fails", async () => {
    const resolver = answering({ kind: "failed", cause: "SERVFAIL" });
    await expect(resolveExchanges("X.test", resolver)).rejects.toThrow(
      new MxLookupError('Cannot look up the mail exchangers of "x.test": SERVFAIL'),
    );
  });

  test("throws when the signal comes first", async () => {
    const silent: ExchangeResolver = { exchanges: () => new Promise(() => {}) };
    const controller = new AbortController();
    const list = resolveExchanges("x.test", silent, controller.signal);
    controller.abort();
    await expect(list).rejects.toThrow(
      new MxLookupError('Cannot look up the mail exchangers of "x.test": timed out'),
    );
  });
});

describe("resolveExchanges() through a name server", () => {
  const zone: Zone = {
    "null.test": { MX: [[0, "."]] },
    "implicit.test": { A: ["192.0.2.1"] },
    "alias.test": { CNAME: "example.test" },
    "example.test": {
      MX: [
        [20, "mx2.example.test"],
        [10, "MX1.example.test"],
      ],
    },
    "broken.test": "SERVFAIL",
    "mx1.example.test": { A: ["127.0.0.1"] },
  };

  test.each<[string, object]>([
    ["null.test", { kind: "null-mx" }],
    ["implicit.test", { exchanges: [usable(0, "implicit.test")], implicit: true }],
    ["gone.test", { exchanges: [usable(0, "gone.test")], implicit: true }],
    ["alias.test", { exchanges: [usable(10, "MX1.example.test"), usable(20, "mx2.example.test")] }],
  ])("%s", async (domain, list) => {
    using dns = await fakeNameServer(zone);
    expect(await resolveExchanges(domain, nameServers([dns.address]))).toMatchObject(list);
  });

  test("throws for broken.test", async () => {
    using dns = await fakeNameServer(zone);
    await expect(resolveExchanges("broken.test", nameServers([dns.address]))).rejects.toThrow(
      new MxLookupError('Cannot look up the mail exchangers of "broken.test": SERVFAIL'),
    );
  });

  test("gives servers that check() finds available", async () => {
    using dns = await fakeNameServer(zone);
    using smtp = fakeSmtpServer("S: 220 mx1.example.test\nC: QUIT");
    const resolver = nameServers([dns.address]);
    const list = await resolveExchanges("example.test", resolver);
    const hosts = list.kind === "exchanges" ? list.exchanges.map(({ host }) => `${host}`) : [];
    const { server, servers } = await check(hosts, { resolver, port: smtp.port, until: "settled" });
    expect(server?.host).toBe("mx1.example.test");
    expect(servers.map(({ outcome }) => outcome.kind)).toEqual(["greeted", "not-found"]);
  });
});
