import { describe, expect, test } from "bun:test";
import { check } from "../../src/check/check.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import type { Report } from "../../src/check/report.ts";
import type { ServerReport } from "../../src/probe/outcome.ts";
import { UsageError } from "../../src/text/errors.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { zoneResolver } from "../fake/zone-resolver.ts";

const BUSY = "S: 554 5.7.0 too busy\nC: QUIT";
const GREETS_LATE = "(wait 30ms)\nS: 220 mx.example.test ESMTP\nC: QUIT";

function summary({ verdict, server, servers }: Report) {
  return [verdict, server?.server ?? null, ...servers.map(line)];
}

function line({ target, outcome }: ServerReport): string {
  return `${target.server} ${outcome.kind}`;
}

describe("check() reports", () => {
  test("the server that is available, with its evidence", async () => {
    using server = fakeSmtpServer(GREETS);
    const report = await check(`10:127.0.0.1:${server.port}`);
    const target = { server: "127.0.0.1", host: "127.0.0.1", port: server.port, preference: 10 };
    expect(report).toEqual({
      verdict: "available",
      server: target,
      requirement: "none",
      quitAfter: "greeting",
      met: false,
      servers: [expect.objectContaining({ target, address: "127.0.0.1", dnsMs: null })],
      elapsedMs: expect.any(Number),
    });
    expect(await server.ended()).toBe("QUIT\r\n");
  });

  test("that none is available", async () => {
    using busy = fakeSmtpServer(BUSY, { hostname: "127.0.0.52" });
    using dead = refusedPort("127.0.0.51");
    expect(summary(await check([`127.0.0.51:${dead.port}`, `127.0.0.52:${busy.port}`]))).toEqual([
      "unavailable",
      null,
      "127.0.0.51 refused",
      "127.0.0.52 declined",
    ]);
  });

  test("servers of several arguments, each of which may hold several", async () => {
    const resolver = zoneResolver({ "a.test": "not-found", "b.test": "not-found", "c.test": "not-found" });
    const report = await check(["10:a.test, 20:b.test\n", "c.test"], { resolver });
    expect(summary(report)).toEqual([
      "unavailable",
      null,
      "a.test not-found",
      "b.test not-found",
      "c.test not-found",
    ]);
  });

  test("undetermined when one could not be judged because of this machine and none is available", async () => {
    const resolver = zoneResolver({ "a.test": { ownFailure: "EMFILE" }, "b.test": "not-found" });
    for (const servers of ["a.test b.test", "b.test a.test"]) {
      expect((await check(servers, { resolver })).verdict).toBe("undetermined");
    }
  });

  test("available although another could not be judged", async () => {
    using server = fakeSmtpServer(GREETS, { hostname: "127.0.0.51" });
    const resolver = zoneResolver({ "a.test": { ownFailure: "EMFILE" } });
    for (const servers of ["a.test 127.0.0.51", "127.0.0.51 a.test"]) {
      const { verdict, server: chosen } = await check(servers, { resolver, port: server.port });
      expect([verdict, chosen?.server]).toEqual(["available", "127.0.0.51"]);
    }
  });
});

describe("check() chooses", () => {
  async function race(options: CheckOptions): Promise<readonly (string | null)[]> {
    using late = fakeSmtpServer(GREETS_LATE, { hostname: "127.0.0.51" });
    using _early = fakeSmtpServer(GREETS, { hostname: "127.0.0.52", port: late.port });
    return summary(await check("127.0.0.51 127.0.0.52", { port: late.port, ...options }));
  }

  test("the first of the list, though another answers earlier", async () => {
    const requirement = "any";
    expect(await race({ until: "settled", requirement })).toEqual([
      "available",
      "127.0.0.51",
      "127.0.0.51 greeted",
      "127.0.0.52 greeted",
    ]);
  });

  test("the first to answer when the order is that of arrival", async () => {
    expect(await race({ order: "arrival" })).toEqual(["available", "127.0.0.52", "127.0.0.52 greeted"]);
  });

  test("the same when it waits for all to be settled", async () => {
    expect(await race({ order: "arrival", until: "settled" })).toEqual([
      "available",
      "127.0.0.52",
      "127.0.0.51 greeted",
      "127.0.0.52 greeted",
    ]);
  });

  test("as soon as the verdict has fallen, though others are silent", async () => {
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.51" });
    using silent = fakeSmtpServer("", { hostname: "127.0.0.52", port: good.port });
    const servers = "127.0.0.50 127.0.0.51 127.0.0.52";
    const report = await check(servers, { port: good.port, timeoutMs: 0 });
    expect(summary(report)).toEqual(["available", "127.0.0.51", "127.0.0.50 refused", "127.0.0.51 greeted"]);
    expect(await silent.ended()).toBe("");
  });
});

describe("check() looks up", () => {
  test("each name once, and names beside each other", async () => {
    const slow = Promise.withResolvers<"not-found">();
    const resolver = zoneResolver({ "a.test": slow.promise, "b.test": "not-found" });
    const checking = check("a.test a.test:26 A.test. b.test", { resolver, stop: ["a.test", "b.test"] });
    await expect(checking).rejects.toThrow('Cannot look up the stop host "b.test": name not found');
    expect(resolver.asked).toEqual(["a.test 6", "a.test 4", "b.test 6", "b.test 4"]);
    slow.resolve("not-found");
  });

  test("nothing when all are addresses", async () => {
    using dead = refusedPort();
    const resolver = zoneResolver({});
    await check(`127.0.0.1:${dead.port} [127.0.0.1]:${dead.port}`, {
      resolver,
      stop: ["192.0.2.1", "127.9"],
    });
    expect(resolver.asked).toEqual([]);
  });

  test.each([
    [{}, ["a.test 6", "a.test 4"]],
    [{ family: 4 }, ["a.test 4"]],
    [{ family: 6 }, ["a.test 6"]],
    [{ family: 6, stop: ["192.0.2.1"] }, ["a.test 6", "a.test 4"]],
    [{ family: 6, stopSelf: true }, ["a.test 6", "a.test 4"]],
  ] as const)("with %j: %j", async (options, questions) => {
    const resolver = zoneResolver({ "a.test": "not-found" });
    const knowsNoOther = {
      addresses: async (host: string, family: 4 | 6) =>
        host === "a.test" ? resolver.addresses(host, family) : ({ kind: "not-found" } as const),
    };
    await check("stopSelf" in options ? "a.test [::1]:1" : "a.test", { ...options, resolver: knowsNoOther });
    expect(resolver.asked).toEqual(questions);
  });
});

describe("check() connects", () => {
  test.each([
    [4, "127.0.0.51"],
    [6, "::1"],
  ] as const)("by family %d only", async (family, address) => {
    using v6 = fakeSmtpServer(GREETS, { hostname: "::1" });
    using _v4 = fakeSmtpServer(GREETS, { hostname: "127.0.0.51", port: v6.port });
    const resolver = zoneResolver({ "a.test": ["::1", "127.0.0.51"] });
    const { servers } = await check("a.test", { family, resolver, port: v6.port });
    expect(servers.map((server) => server.address)).toEqual([address]);
  });

  test("once to an endpoint that several servers lead to", async () => {
    using server = fakeSmtpServer(BUSY, { hostname: "127.0.0.51" });
    const resolver = zoneResolver({ "a.test": ["127.0.0.51"], "b.test": ["127.0.0.51"] });
    const { servers } = await check("a.test b.test 127.0.0.51 a.test", { resolver, port: server.port });
    expect(servers.map(line)).toEqual([
      "a.test declined",
      "b.test declined",
      "127.0.0.51 declined",
      "a.test declined",
    ]);
    expect(await connectionsBefore(server)).toBe(1);
  });

  test("to more servers than may be open at a time", async () => {
    using busy = fakeSmtpServer(BUSY, { hostname: "127.0.0.51" });
    using good = fakeSmtpServer(GREETS, { hostname: "127.0.0.52", port: busy.port });
    const names = Array.from({ length: 700 }, (_, at) => `n${at}.test`);
    const zone = Object.fromEntries(names.map((name) => [name, ["127.0.0.51"]]));
    const resolver = zoneResolver({ ...zone, "last.test": ["127.0.0.52"] });
    const { verdict, server, servers } = await check([...names, "last.test"], { resolver, port: busy.port });
    expect([verdict, server?.server, servers.length]).toEqual(["available", "last.test", 701]);
    expect(await connectionsBefore(good)).toBe(1);
  });
});

describe("check() throws a UsageError", () => {
  test.each([[""], [" , "], [[]], [["", "\n"]]])("for no server: %j", (servers) => {
    expect(check(servers)).rejects.toThrow(
      new UsageError("No server given: want at least one, such as 10:mx1.example.org"),
    );
  });

  test("for a server or a stop host that cannot be read, and looks nothing up", async () => {
    const resolver = zoneResolver({});
    expect(await check("a.test 10:", { resolver }).catch((error) => error)).toBeInstanceOf(UsageError);
    expect(await check("a.test", { resolver, stop: ["a b"] }).catch((error) => error)).toBeInstanceOf(
      UsageError,
    );
    expect(resolver.asked).toEqual([]);
  });

  test.each<CheckOptions>([
    { port: 0 },
    { port: -25 },
    { port: 65_536 },
    { port: 2.5 },
    { port: Number.NaN },
    { timeoutMs: -1 },
    { timeoutMs: Number.NaN },
  ])("for the option %p", async (options) => {
    const resolver = zoneResolver({ "a.test": ["127.0.0.51"] });
    const checking = check("a.test", { port: 1, timeoutMs: 50, resolver, ...options });
    const never = Bun.sleep(1_000).then(() => "never");
    expect(await Promise.race([checking.catch((error) => error), never])).toBeInstanceOf(UsageError);
  });
});
