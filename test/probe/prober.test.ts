import { afterEach, describe, expect, jest, test } from "bun:test";
import { deadlinesOf } from "../../src/limits/deadline.ts";
import { Places } from "../../src/limits/places.ts";
import { Attempts } from "../../src/probe/attempts.ts";
import { type LookupSettings, Lookups } from "../../src/probe/lookups.ts";
import type { ServerReport } from "../../src/probe/outcome.ts";
import { prober } from "../../src/probe/prober.ts";
import { GREETING_ALONE } from "../../src/smtp/greeting.ts";
import type { Family } from "../../src/text/address.ts";
import { parseTargets, type Target } from "../../src/text/target.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { type Zone, zoneResolver } from "../fake/zone-resolver.ts";

afterEach(() => {
  jest.useRealTimers();
});

interface Settings extends Omit<Partial<LookupSettings>, "resolver"> {
  readonly connectBy?: Family;
}

function proberIn(zone: Zone, { connectBy, ...settings }: Settings = {}) {
  const resolver = zoneResolver(zone);
  const { signal } = new AbortController();
  const timeoutMs = settings.timeoutMs ?? 10_000;
  const lookups = new Lookups({
    families: [6, 4],
    deadlines: deadlinesOf(signal),
    places: new Places(100),
    ...settings,
    timeoutMs,
    resolver,
  });
  const attempts = new Attempts(new Places(256));
  const ask = prober({ timeoutMs, family: connectBy, lookups, attempts, talkWith: () => GREETING_ALONE });
  return {
    lookUp: (host: string) => lookups.of(host).all(),
    probe: (of: Target) =>
      new Promise<ServerReport>((settled, failed) => ask(of, signal, { settled, failed })),
    asked: resolver.asked,
  };
}

function target(server: string, port: number): Target {
  const [first] = parseTargets(server, port);
  if (first === undefined) throw new Error("Cannot find a server");
  return first;
}

describe("prober()", () => {
  test("reports the address that answered and what each stage took", async () => {
    using server = fakeSmtpServer(GREETS, { hostname: "127.0.0.41" });
    const prober = proberIn({ "mx.test": ["127.0.0.41"] });
    const mx = target("10:MX.test", server.port);
    const report = await prober.probe(mx);
    expect(report).toEqual({
      target: mx,
      outcome: { kind: "greeted", reply: { code: 220, lines: ["mx.example.test ESMTP"], complete: true } },
      address: "127.0.0.41",
      dnsMs: expect.any(Number),
      connectMs: expect.any(Number),
      greetingMs: expect.any(Number),
      elapsedMs: expect.any(Number),
      cachedAtMs: null,
      attempts: [expect.objectContaining({ endpoint: { address: "127.0.0.41", port: server.port } })],
    });
  });

  test("looks no address up", async () => {
    using server = fakeSmtpServer(GREETS, { hostname: "127.0.0.41" });
    const { asked, ...prober } = proberIn({});
    const { outcome, dnsMs } = await prober.probe(target("[127.0.0.41]", server.port));
    expect({ kind: outcome.kind, dnsMs, asked }).toEqual({ kind: "greeted", dnsMs: null, asked: [] });
  });

  test.each([
    ["not-found", { kind: "not-found" }],
    [{ failure: "ESERVFAIL" }, { kind: "dns-failure", cause: "ESERVFAIL" }],
    [{ ownFailure: "EMFILE" }, { kind: "no-resources", cause: "EMFILE" }],
    [[], { kind: "not-found" }],
  ] as const)("reports a lookup that says %j", async (answer, outcome) => {
    const prober = proberIn({ "mx.test": answer });
    const mx = target("mx.test", 25);
    expect(await prober.probe(mx)).toEqual({
      target: mx,
      outcome,
      address: null,
      dnsMs: expect.any(Number),
      connectMs: null,
      elapsedMs: expect.any(Number),
      cachedAtMs: null,
      greetingMs: null,
      attempts: [],
    });
  });

  test("tries every address of a host until one greets, and reports all attempts", async () => {
    using alive = fakeSmtpServer(GREETS, { hostname: "127.0.0.42" });
    using _dead = refusedPort("127.0.0.41");
    for (const addresses of [
      ["127.0.0.41", "127.0.0.42"],
      ["127.0.0.42", "127.0.0.41"],
    ]) {
      const prober = proberIn({ "mx.test": addresses });
      const { address, outcome } = await prober.probe(target("mx.test", alive.port));
      expect([address, outcome.kind]).toEqual(["127.0.0.42", "greeted"]);
    }
  });

  test("lets the families take turns", async () => {
    using v6 = fakeSmtpServer("S: 554 six\nC: QUIT", { hostname: "::1" });
    const hosts = ["127.0.0.41", "127.0.0.42"];
    using _one = fakeSmtpServer("S: 554 four\nC: QUIT", { hostname: "127.0.0.41", port: v6.port });
    using _two = fakeSmtpServer("S: 554 four\nC: QUIT", { hostname: "127.0.0.42", port: v6.port });
    const prober = proberIn({ "mx.test": [...hosts, "::1"] });
    const { attempts } = await prober.probe(target("mx.test", v6.port));
    expect(attempts.map(({ endpoint }) => endpoint.address)).toEqual(["::1", "127.0.0.41", "127.0.0.42"]);
  });

  test.each([
    [4, "127.0.0.41"],
    [6, "::1"],
  ] as const)("connects by family %d only, though both were looked up", async (family, address) => {
    using v6 = fakeSmtpServer(GREETS, { hostname: "::1" });
    using v4 = fakeSmtpServer(GREETS, { hostname: "127.0.0.41", port: v6.port });
    const prober = proberIn({ "mx.test": ["127.0.0.41", "::1"] }, { connectBy: family });
    const report = await prober.probe(target("mx.test", v6.port));
    expect([report.address, report.attempts.length]).toEqual([address, 1]);
    expect(await connectionsBefore(family === 4 ? v6 : v4)).toBe(0);
  });

  test("reports a name without an address of the family as not found", async () => {
    const prober = proberIn({ "mx.test": ["127.0.0.41"] }, { connectBy: 6 });
    expect((await prober.probe(target("mx.test", 25))).outcome).toEqual({ kind: "not-found" });
  });

  test("times out in greeting when lookup and greeting together take too long", async () => {
    using silent = fakeSmtpServer("", { hostname: "127.0.0.41" });
    jest.useFakeTimers();
    const answer = Promise.withResolvers<readonly string[]>();
    const prober = proberIn({ "mx.test": answer.promise }, { timeoutMs: 1_000 });
    const probing = prober.probe(target("mx.test", silent.port));
    jest.advanceTimersByTime(700);
    answer.resolve(["127.0.0.41"]);
    await connectionsBefore(silent);
    jest.advanceTimersByTime(304);
    const { outcome, dnsMs } = await probing;
    expect([outcome, dnsMs]).toEqual([{ kind: "timed-out", stage: "greeting" }, 700]);
  });

  test("times out when the lookup has used all the time up", async () => {
    jest.useFakeTimers();
    const answer = Promise.withResolvers<readonly string[]>();
    const prober = proberIn({ "mx.test": answer.promise }, { timeoutMs: 1_000 });
    const probing = prober.probe(target("mx.test", 25));
    jest.advanceTimersByTime(1_001);
    answer.resolve(["127.0.0.41"]);
    await Bun.file("/dev/null").text();
    jest.advanceTimersByTime(10);
    expect((await probing).outcome).toMatchObject({ kind: "timed-out" });
  });

  test("does not count the time between a lookup and the probe", async () => {
    using server = fakeSmtpServer("", { hostname: "127.0.0.41" });
    jest.useFakeTimers();
    const prober = proberIn({ "mx.test": ["127.0.0.41"] }, { timeoutMs: 1_000 });
    await prober.lookUp("mx.test");
    jest.advanceTimersByTime(60_000);
    const probing = prober.probe(target("mx.test", server.port));
    await connectionsBefore(server);
    jest.advanceTimersByTime(999);
    expect(await Promise.race([probing, connectionsBefore(server)])).toBe(1);
    jest.advanceTimersByTime(5);
    expect((await probing).outcome).toEqual({ kind: "timed-out", stage: "greeting" });
  });

  test("connects once for two targets of one endpoint", async () => {
    using server = fakeSmtpServer(GREETS, { hostname: "127.0.0.41" });
    const prober = proberIn({ "one.test": ["127.0.0.41"], "two.test": ["127.0.0.41"] });
    const names = ["one.test", "two.test", "127.0.0.41"];
    const reports = await Promise.all(names.map((name) => prober.probe(target(name, server.port))));
    expect(reports.map(({ target: { server: name }, outcome }) => `${name} ${outcome.kind}`)).toEqual([
      "one.test greeted",
      "two.test greeted",
      "127.0.0.41 greeted",
    ]);
    expect(await connectionsBefore(server)).toBe(1);
  });
});
