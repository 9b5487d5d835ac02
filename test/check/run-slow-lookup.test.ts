import { describe, expect, mock, test } from "bun:test";
import { check } from "../../src/check/check.ts";
import { StopHostError } from "../../src/check/stop-hosts.ts";
import type { ServerReport } from "../../src/probe/outcome.ts";
import { type ZoneAnswer, zoneResolver } from "../fake/zone-resolver.ts";
import { THREE, threeServers } from "./three-servers.ts";

function line({ target, outcome }: ServerReport): string {
  return `${target.server} ${outcome.kind === "skipped" ? outcome.why : outcome.kind}`;
}

describe("check() with a slow lookup", () => {
  test("does not delay the verdict of servers in front of it", async () => {
    using three = threeServers();
    const resolver = zoneResolver({ ...THREE, "s2.test": "silent" });
    const { server, servers } = await check("10:s1.test 20:s2.test 30:s3.test", {
      resolver,
      stop: ["192.0.2.9"],
      timeoutMs: 0,
      port: three.port,
    });
    expect([server?.server, servers.map(line)]).toEqual(["s1.test", ["s1.test greeted"]]);
    expect(await three.connections()).toEqual([1, 0, 0]);
  });

  test("waits for one that may rule the server out by its preference", async () => {
    using three = threeServers();
    const slow = Promise.withResolvers<ZoneAnswer>();
    const announced: string[] = [];
    const checking = check("10:s1.test 10:s2.test", {
      resolver: zoneResolver({ ...THREE, "s2.test": slow.promise }),
      stop: ["127.0.0.62"],
      port: three.port,
      onSettled: (server) => announced.push(line(server)),
    });
    while ((await three.connections())[0] === 0);
    expect(announced).toEqual([]);
    slow.resolve(["127.0.0.62"]);
    expect((await checking).verdict).toBe("unavailable");
    expect(announced).toEqual(["s1.test same-preference", "s2.test stop-host"]);
  });

  test("probes nobody behind it until it is known to be another", async () => {
    using three = threeServers();
    const slow = Promise.withResolvers<ZoneAnswer>();
    const resolver = zoneResolver({ ...THREE, "s1.test": slow.promise });
    const checking = check("s1.test s2.test s3.test", {
      resolver,
      stop: ["192.0.2.9"],
      port: three.port,
      until: "settled",
    });
    expect(await three.connections()).toEqual([0, 0, 0]);
    const hosts = ["s1.test", "s2.test", "s3.test"];
    expect(resolver.asked).toEqual(hosts.flatMap((host) => [`${host} 6`, `${host} 4`]));
    slow.resolve("not-found");
    expect((await checking).servers.map(line)).toEqual([
      "s1.test not-found",
      "s2.test greeted",
      "s3.test greeted",
    ]);
  });

  test("probes nobody behind it once it is known to be the stop host", async () => {
    using three = threeServers();
    const slow = Promise.withResolvers<ZoneAnswer>();
    const resolver = zoneResolver({ ...THREE, "s1.test": slow.promise });
    const checking = check("s1.test s2.test s3.test", { resolver, stop: ["192.0.2.9"], port: three.port });
    slow.resolve(["192.0.2.9"]);
    expect((await checking).servers.map(line)).toEqual([
      "s1.test stop-host",
      "s2.test after-stop",
      "s3.test after-stop",
    ]);
    expect(await three.connections()).toEqual([0, 0, 0]);
  });

  test("probes nobody, addresses included, before the stop host's own lookup is done", async () => {
    using three = threeServers();
    const slow = Promise.withResolvers<ZoneAnswer>();
    const resolver = zoneResolver({ "me.test": slow.promise });
    const checking = check("127.0.0.61 127.0.0.62", { resolver, stop: ["me.test"], port: three.port });
    expect(await three.connections()).toEqual([0, 0, 0]);
    slow.resolve(["127.0.0.61"]);
    expect((await checking).verdict).toBe("unavailable");
    expect(await three.connections()).toEqual([0, 0, 0]);
  });
});

describe("check() with a stop host, when this machine cannot look a server up", () => {
  const resolver = zoneResolver({ ...THREE, "s2.test": { ownFailure: "EMFILE" } });
  const doubt = new StopHostError('Cannot tell whether "s2.test" is the stop host: EMFILE');

  test.each(["decided", "settled"] as const)("cannot tell, until %s", async (until) => {
    using three = threeServers("S: 554 busy\nC: QUIT");
    const options = { resolver, stop: ["192.0.2.9"], port: three.port, until };
    await expect(check("s1.test s2.test s3.test", options)).rejects.toThrow(doubt);
    expect((await three.connections())[2]).toBe(0);
  });

  test("answers all the same when a server in front of it is up", async () => {
    using three = threeServers();
    const { server } = await check("s1.test s2.test s3.test", {
      resolver,
      stop: ["192.0.2.9"],
      port: three.port,
    });
    expect(server?.server).toBe("s1.test");
  });
});

test("check() leaves no rejection unheard when a listener throws before the stop host is looked up", async () => {
  const slow = { addresses: () => Bun.sleep(5).then(() => ({ kind: "not-found" }) as const) };
  const onSettled = () => {
    throw new Error("mine");
  };
  const unheard = mock();
  process.on("unhandledRejection", unheard);
  const checking = check("b.test c.test", { resolver: slow, stop: ["b.test"], timeoutMs: 100, onSettled });
  await expect(checking).rejects.toThrow("mine");
  await Bun.sleep(20);
  process.off("unhandledRejection", unheard);
  expect(unheard).not.toHaveBeenCalled();
});
