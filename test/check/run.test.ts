import { describe, expect, test } from "bun:test";
import { check } from "../../src/check/check.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import { StopHostError } from "../../src/check/stop-hosts.ts";
import type { ServerReport } from "../../src/probe/outcome.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { type Zone, type ZoneAnswer, zoneResolver } from "../fake/zone-resolver.ts";
import { THREE, threeServers } from "./three-servers.ts";

const BUSY = "S: 554 5.7.0 too busy\nC: QUIT";

async function run(servers: string, zone: Zone, options: CheckOptions) {
  const announced: string[] = [];
  const report = await check(servers, {
    resolver: zoneResolver(zone),
    onSettled: (server) => announced.push(line(server)),
    ...options,
  });
  return { chosen: report.server?.server ?? report.verdict, announced, reported: report.servers.map(line) };
}

function line({ target, outcome }: ServerReport): string {
  return `${target.server} ${outcome.kind === "skipped" ? outcome.why : outcome.kind}`;
}

describe("check() with a stop host", () => {
  test.each<[string, string, string, readonly string[], string, readonly number[]]>([
    [
      "the manual page's first example",
      "10:s1.test 10:s2.test 20:s3.test",
      "unavailable",
      ["s2.test"],
      "s2.test",
      [0, 0, 0],
    ],
    [
      "the manual page's second example",
      "s1.test s2.test s3.test",
      "s1.test",
      ["s2.test"],
      "s2.test",
      [1, 0, 0],
    ],
    [
      "the same with preferences",
      "10:s1.test 20:s2.test 30:s3.test",
      "s1.test",
      ["s2.test"],
      "s2.test",
      [1, 0, 0],
    ],
    ["a name in another spelling", "s1.test S2.test. s3.test", "s1.test", ["s2.TEST"], "S2.test.", [1, 0, 0]],
    ["its address", "s1.test s2.test s3.test", "s1.test", ["127.62"], "s2.test", [1, 0, 0]],
    [
      "its address, mapped",
      "s1.test s2.test s3.test",
      "s1.test",
      ["::ffff:127.0.0.62"],
      "s2.test",
      [1, 0, 0],
    ],
    ["another name of it", "s1.test s2.test s3.test", "s1.test", ["me.test"], "s2.test", [1, 0, 0]],
    [
      "a listed address that is its",
      "s1.test [127.0.0.62] s3.test",
      "s1.test",
      ["me.test"],
      "[127.0.0.62]",
      [1, 0, 0],
    ],
    [
      "the first of several",
      "s1.test s2.test s3.test",
      "s1.test",
      ["s3.test", "s2.test"],
      "s2.test",
      [1, 0, 0],
    ],
    ["in front", "s1.test s2.test s3.test", "unavailable", ["s1.test"], "s1.test", [0, 0, 0]],
  ])("stops before it: %s", async (_, servers, chosen, stop, stopHost, connections) => {
    using three = threeServers();
    const zone = { ...THREE, "me.test": ["192.0.2.9", "127.0.0.62"], "s2.TEST": ["127.0.0.62"] };
    const ran = await run(servers, zone, { stop: [...stop], port: three.port, until: "settled" });
    expect(ran.chosen).toBe(chosen);
    expect(ran.reported).toContain(`${stopHost} stop-host`);
    expect(await three.connections()).toEqual([...connections]);
  });

  test.each([[["s9.test"]], [["192.0.2.9"]]])(
    "that is not in the list, %j: every server counts",
    async (stop) => {
      using three = threeServers(BUSY);
      const zone = { ...THREE, "s9.test": ["192.0.2.9"] };
      const ran = await run("10:s1.test 10:s2.test 20:s3.test", zone, { stop, port: three.port });
      expect(ran.reported).toEqual(["s1.test declined", "s2.test declined", "s3.test declined"]);
      expect(await three.connections()).toEqual([1, 1, 1]);
    },
  );

  test("compares the addresses of both families, though it connects by one", async () => {
    using three = threeServers();
    const zone = { ...THREE, "s2.test": ["127.0.0.62", "2001:db8::2"] };
    const ran = await run("s1.test s2.test", zone, { stop: ["2001:db8::2"], family: 4, port: three.port });
    expect(ran.reported).toContain("s2.test stop-host");
  });

  test("takes a server whose lookup fails for another", async () => {
    using three = threeServers(BUSY);
    const zone = { ...THREE, "s1.test": "not-found", "s2.test": { failure: "ESERVFAIL" } } as const;
    const ran = await run("s1.test s2.test s3.test", zone, { stop: ["192.0.2.9"], port: three.port });
    expect(ran.reported).toEqual(["s1.test not-found", "s2.test dns-failure", "s3.test declined"]);
  });

  test.each([
    ["the stop host is the last of them", "127.9.3.231", 0],
    ["the stop host is none of them", "192.0.2.9", 1_000],
  ])("ends with a list of 1,000 addresses: %s", async (_, stopHost, counting) => {
    using dead = refusedPort("127.9.0.1");
    const hosts = Array.from({ length: 1_000 }, (_, at) => `10:127.9.${at >> 8}.${at & 255}`);
    const stop = [...Array.from({ length: 999 }, (_, at) => `198.51.${at >> 8}.${at & 255}`), stopHost];
    const { reported } = await run(hosts.join(" "), {}, { stop, port: dead.port, until: "settled" });
    expect(reported.filter((report) => report.endsWith(" refused")).length).toBe(counting);
    expect(reported.length).toBe(1_000);
  });

  test("stopSelf stops before an address of this machine's interfaces", async () => {
    using three = threeServers();
    const zone = { ...THREE, "s1.test": "not-found", "s2.test": ["127.0.0.1"] } as const;
    const known = zoneResolver(zone);
    const resolver = {
      addresses: async (host: string) =>
        host in zone ? known.addresses(host, 4) : ({ kind: "not-found" } as const),
    };
    const ran = await run("s1.test s2.test s3.test", zone, { resolver, stopSelf: true, port: three.port });
    expect([ran.chosen, ...ran.reported]).toEqual([
      "unavailable",
      "s1.test not-found",
      "s2.test stop-host",
      "s3.test after-stop",
    ]);
    expect(await three.connections()).toEqual([0, 0, 0]);
  });
});

describe("check() with a stop host announces", () => {
  test("each server exactly once, as it reports them", async () => {
    using three = threeServers();
    const ran = await run("10:s1.test 20:s2.test 20:s3.test", THREE, {
      stop: ["127.0.0.63"],
      until: "settled",
      port: three.port,
    });
    expect(ran.announced.toSorted()).toEqual([
      "s1.test greeted",
      "s2.test same-preference",
      "s3.test stop-host",
    ]);
    expect(ran.reported).toEqual(ran.announced.toSorted());
  });

  test("a server ruled out late as one that does not count, whatever came of it", async () => {
    using s1 = fakeSmtpServer("(wait 30ms)\nS: 554 busy\nC: QUIT", { hostname: "127.0.0.61" });
    using _s2 = fakeSmtpServer(GREETS, { hostname: "127.0.0.62", port: s1.port });
    const ran = await run("10:s1.test 20:s2.test 20:s3.test", THREE, { stop: ["s3.test"], port: s1.port });
    expect(ran.announced).toContain("s2.test same-preference");
    expect(ran.reported).toEqual(["s1.test declined", "s2.test same-preference", "s3.test stop-host"]);
    expect(ran.chosen).toBe("unavailable");
  });
});

describe("check() throws a StopHostError", () => {
  test.each<[ZoneAnswer, string]>([
    ["not-found", "name not found"],
    [{ failure: "ESERVFAIL" }, "ESERVFAIL"],
    [{ ownFailure: "EMFILE" }, "EMFILE"],
    ["silent", "timed out"],
  ])("when the lookup of the stop host comes to %j", async (answer, why) => {
    using three = threeServers();
    const resolver = zoneResolver({ ...THREE, "me.test": answer });
    const checking = check("s1.test", { resolver, stop: ["me.test"], timeoutMs: 20, port: three.port });
    expect(await checking.catch((error) => error)).toEqual(
      new StopHostError(`Cannot look up the stop host "me.test": ${why}`),
    );
    expect(await three.connections()).toEqual([0, 0, 0]);
  });

  test("although the list names it, and at once though others are silent", () => {
    const resolver = zoneResolver({ "s1.test": "silent", "me.test": "not-found" });
    expect(check("me.test s1.test", { resolver, stop: ["me.test"], timeoutMs: 0 })).rejects.toThrow(
      StopHostError,
    );
    expect(check("s1.test", { resolver, stop: ["me.test"], timeoutMs: 0 })).rejects.toThrow(StopHostError);
  });
});
