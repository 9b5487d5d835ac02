import { describe, expect, test } from "bun:test";
import type { CheckOptions } from "../../src/check/options.ts";
import { run as runOnce } from "../../src/check/run.ts";
import type { ProbeOutcome, ServerReport } from "../../src/probe/outcome.ts";
import { parseTargets } from "../../src/text/target.ts";
import { zoneResolver } from "../fake/zone-resolver.ts";
import { THREE, threeServers } from "./three-servers.ts";

const SKIPPED: ProbeOutcome = { kind: "skipped", why: "null-mx" };
const NOT_FOUND: ProbeOutcome = { kind: "not-found" };

function line({ target, outcome }: ServerReport): string {
  return `${target.server} ${outcome.kind === "skipped" ? outcome.why : outcome.kind}`;
}

/** Runs with these servers, of which some are known from the start. */
async function run(
  servers: string,
  known: Readonly<Record<string, ProbeOutcome>>,
  options: CheckOptions = {},
  port = 25,
) {
  const listed = parseTargets(servers, port).map((target) => {
    const outcome = known[target.server];
    return outcome === undefined ? { target } : { target, outcome };
  });
  const resolver = zoneResolver(THREE);
  const announced: string[] = [];
  const settings: CheckOptions = { ...options, onSettled: (server) => announced.push(line(server)) };
  const { signal } = new AbortController();
  const report = await runOnce(listed, resolver, settings, signal);
  const { verdict, met, server } = report;
  const chosen = server?.server ?? verdict;
  return { chosen, met, announced, reported: report.servers.map(line), asked: resolver.asked, report };
}

describe("run() with servers known from the start", () => {
  test("neither looks them up nor connects to them", async () => {
    const known = { "s1.test": SKIPPED, "192.0.2.1": NOT_FOUND };
    const { chosen, reported, asked, announced, report } = await run("s1.test 192.0.2.1", known);
    expect({ chosen, reported, asked, announced }).toEqual({
      chosen: "unavailable",
      reported: ["s1.test null-mx", "192.0.2.1 not-found"],
      asked: [],
      announced: ["s1.test null-mx", "192.0.2.1 not-found"],
    });
    expect(report.servers[0]).toEqual({
      target: { server: "s1.test", host: "s1.test", port: 25, preference: null },
      outcome: SKIPPED,
      address: null,
      ...{ dnsMs: null, connectMs: null, greetingMs: null, elapsedMs: null, cachedAtMs: null },
      attempts: [],
    });
  });

  test("does not look them up with a stop host either", async () => {
    using three = threeServers();
    const known = { "s1.test": NOT_FOUND };
    const options = { stop: ["127.0.0.63"], until: "settled" } as const;
    const { chosen, reported, asked } = await run(
      "10:s1.test 20:s2.test 30:s3.test",
      known,
      options,
      three.port,
    );
    expect([chosen, reported]).toEqual([
      "s2.test",
      ["s1.test not-found", "s2.test greeted", "s3.test stop-host"],
    ]);
    expect(asked).toEqual(["s2.test 6", "s2.test 4", "s3.test 6", "s3.test 4"]);
    expect(await three.connections()).toEqual([0, 1, 0]);
  });

  test("has the stop rule before what is known", async () => {
    const known = { "s2.test": SKIPPED, "s3.test": NOT_FOUND };
    const { reported } = await run("s1.test s2.test s3.test", known, { stop: ["s1.test"] });
    expect(reported).toEqual(["s1.test stop-host", "s2.test after-stop", "s3.test after-stop"]);
  });

  test.each([
    ["none", true],
    ["any", false],
    ["all", false],
  ] as const)("does not count a skipped one: %s is met: %p", async (requirement, met) => {
    expect((await run("s1.test", { "s1.test": SKIPPED }, { requirement })).met).toBe(met);
  });

  test("has all available when all but a skipped one are", async () => {
    using three = threeServers();
    const options = { requirement: "all" } as const;
    const { chosen, met } = await run("s1.test s2.test s3.test", { "s1.test": SKIPPED }, options, three.port);
    expect([chosen, met]).toEqual(["s2.test", true]);
  });
});

test("run() announces every server that its verdict rests on, and those that do not count", async () => {
  const stop = ["192.0.2.12"];
  const { announced, chosen } = await run("10:192.0.2.11 10:192.0.2.12 20:192.0.2.13", {}, { stop });
  expect(chosen).toBe("unavailable");
  expect(announced.toSorted()).toEqual([
    "192.0.2.11 same-preference",
    "192.0.2.12 stop-host",
    "192.0.2.13 after-stop",
  ]);
});
