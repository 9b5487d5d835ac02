import { describe, expect, test } from "bun:test";
import { check } from "../../src/check/check.ts";
import { expand, oneByOne } from "../../src/check/every-address.ts";
import type { Listed } from "../../src/check/listed.ts";
import { lookupsOf } from "../../src/check/means.ts";
import type { CheckOptions } from "../../src/check/options.ts";
import { type ServerReport, unprobed } from "../../src/probe/outcome.ts";
import type { Probe } from "../../src/probe/probe.ts";
import type { Target } from "../../src/text/target.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { type Zone, zoneResolver } from "../fake/zone-resolver.ts";

type Asker = Parameters<Probe>[2];

function targetOf(host: string, more: Partial<Target> = {}): Target {
  return { server: host, host, port: 25, preference: null, ...more };
}

async function expandIn(zone: Zone, listed: readonly Listed[], options: CheckOptions = {}) {
  const lookups = lookupsOf(zoneResolver(zone), options, new AbortController().signal);
  return (await expand(listed, lookups, options)).map(({ target }) => [target.host, target.name]);
}

describe("expand() puts in place of a host", () => {
  const BOTH = {
    "two.test": ["192.0.2.1", "2001:db8::1"],
    "one.test": ["192.0.2.9"],
    "none.test": "not-found",
  } as const;

  test("each of its addresses, which keeps its name, and leaves addresses and sockets", async () => {
    const listed = ["two.test", "192.0.2.5", "unix:/lmtp", "one.test"].map((host) => ({
      target: targetOf(host),
    }));
    const expanded = await expandIn(BOTH, listed);
    expect(expanded.slice(0, 2).toSorted()).toEqual([
      ["192.0.2.1", "two.test"],
      ["2001:db8::1", "two.test"],
    ]);
    expect(expanded.slice(2)).toEqual([
      ["192.0.2.5", undefined],
      ["unix:/lmtp", undefined],
      ["192.0.2.9", "one.test"],
    ]);
  });

  test("those of the family that counts", async () => {
    const listed = [{ target: targetOf("two.test") }];
    expect(await expandIn(BOTH, listed, { family: 4 })).toEqual([["192.0.2.1", "two.test"]]);
    expect(await expandIn(BOTH, listed, { family: 6 })).toEqual([["2001:db8::1", "two.test"]]);
  });

  test("itself, where it has none, or is settled already", async () => {
    const settled: Listed = { target: targetOf("two.test"), outcome: { kind: "skipped", why: "null-mx" } };
    expect(await expandIn(BOTH, [{ target: targetOf("none.test") }, settled])).toEqual([
      ["none.test", undefined],
      ["two.test", undefined],
    ]);
  });

  test("no more than are tried of a host", async () => {
    const many = Array.from({ length: 40 }, (_, at) => `192.0.2.${at + 1}`);
    const lookups = lookupsOf(zoneResolver({ "many.test": many }), {}, new AbortController().signal);
    const listed = await expand([{ target: targetOf("many.test") }], lookups, {});
    expect(listed).toHaveLength(16);
    expect(new Set(listed.map(({ target }) => target.othersLeftOut))).toEqual(new Set([many.length - 16]));
  });
});

describe("oneByOne() asks", () => {
  function probes() {
    const begun: string[] = [];
    const askers = new Map<string, Asker>();
    const probe = oneByOne((target, _, asker) => {
      begun.push(target.host);
      askers.set(target.host, asker);
    });
    const settled: string[] = [];
    const ask = (host: string, name?: string) =>
      probe(targetOf(host, name === undefined ? {} : { name }), new AbortController().signal, {
        settled: ({ target }: ServerReport) => void settled.push(target.host),
        failed: () => expect.unreachable(),
      });
    const settle = (host: string) =>
      askers.get(host)?.settled(unprobed(targetOf(host), { kind: "not-found" }));
    return { begun, settled, ask, settle };
  }

  test("one host's addresses one after the other, in order, and other hosts' meanwhile", () => {
    const { begun, settled, ask, settle } = probes();
    for (const host of ["a1", "a2", "a3"]) ask(host, "a.test");
    ask("b1", "b.test");
    ask("plain");
    ask("plain2");
    expect(begun).toEqual(["a1", "b1", "plain", "plain2"]);
    settle("a1");
    settle("a2");
    expect(begun.slice(4)).toEqual(["a2", "a3"]);
    settle("a3");
    ask("a4", "a.test");
    expect(begun.at(-1)).toBe("a4");
    expect(settled).toEqual(["a1", "a2", "a3"]);
  });

  test("on, where probes settle at once", () => {
    const begun: string[] = [];
    const probe = oneByOne((target, _, asker) => {
      begun.push(target.host);
      asker.settled(unprobed(target, { kind: "not-found" }));
    });
    const asker: Asker = { settled() {}, failed: () => expect.unreachable() };
    for (const host of ["a1", "a2"])
      probe(targetOf(host, { name: "a.test" }), new AbortController().signal, asker);
    expect(begun).toEqual(["a1", "a2"]);
  });
});

describe("check() with --every-address", () => {
  async function ask(requirement: "any" | "all") {
    using dead = refusedPort("127.0.0.81");
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.82", port: dead.port });
    const resolver = zoneResolver({ "two.test": ["127.0.0.81", "127.0.0.82"] });
    const options: CheckOptions = {
      resolver,
      everyAddress: true,
      requirement,
      until: "settled",
      port: up.port,
    };
    const { met, servers } = await check("two.test", options);
    return {
      met,
      rows: servers
        .map(({ target, outcome }) => `${target.server} ${target.host} ${outcome.kind}`)
        .toSorted(),
    };
  }

  test.each([
    ["any", true],
    ["all", false],
  ] as const)("has a row for each, and --require %s means each", async (requirement, met) => {
    expect(await ask(requirement)).toEqual({
      met,
      rows: ["two.test 127.0.0.81 refused", "two.test 127.0.0.82 greeted"],
    });
  });
});
