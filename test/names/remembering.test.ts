import { afterEach, beforeEach, describe, expect, jest, spyOn, test } from "bun:test";
import { RememberingResolver } from "../../src/names/remembering.ts";
import { UsageError } from "../../src/text/errors.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import type { Zone } from "../fake/zone.ts";

/** The fake name server's answers are good for 60 s. */
const ZONE: Zone = {
  "a.test": { A: ["192.0.2.1"], AAAA: ["2001:db8::1"], MX: [[10, "mx.a.test"]] },
  "b.test": { A: ["192.0.2.2"] },
  "broken.test": "SERVFAIL",
};
const FOUR = { kind: "found", addresses: ["192.0.2.1"] } as const;
const SIX = { kind: "found", addresses: ["2001:db8::1"] } as const;
const MX = { kind: "found", exchanges: [{ preference: 10, exchange: "mx.a.test" }] } as const;

function openResolver(...servers: readonly string[]) {
  const resolver = new RememberingResolver(servers);
  return { resolver, [Symbol.dispose]: () => resolver.close() };
}

describe("RememberingResolver", () => {
  test("asks once for what is asked again and again, each family and the MX records", async () => {
    using dns = await fakeNameServer(ZONE);
    using opened = openResolver(dns.address);
    const { resolver } = opened;
    for (let time = 0; time < 3; time += 1) {
      expect([
        await resolver.addresses("a.test", 4),
        await resolver.addresses("a.test.", 6),
        await resolver.exchanges("a.test"),
      ]).toEqual([FOUR, SIX, MX]);
    }
    expect(dns.questions.toSorted()).toEqual(["A a.test", "AAAA a.test", "CNAME a.test", "MX a.test"]);
  });

  test("begins anew after 20,000 questions: c-ares forgets by time alone", async () => {
    using dns = await fakeNameServer(ZONE);
    using opened = openResolver(dns.address);
    const ask = () => opened.resolver.exchanges("a.test");
    const askedFor = () => dns.questions.filter((question) => question === "MX a.test").length;
    for (let time = 1; time < 20_000; time += 1) await ask();
    expect([await ask(), askedFor()]).toEqual([MX, 1]);
    expect([await ask(), askedFor()]).toEqual([MX, 2]);
  });

  test("asks again for what there is none of, where nobody says for how long (RFC 2308 §5)", async () => {
    using dns = await fakeNameServer(ZONE);
    using opened = openResolver(dns.address);
    for (let time = 0; time < 3; time += 1) {
      expect(await opened.resolver.addresses("gone.test", 4)).toEqual({ kind: "not-found" });
    }
    expect(dns.questions.filter((question) => question === "A gone.test")).toHaveLength(3);
  });

  test("asks again after a failure", async () => {
    using dns = await fakeNameServer(ZONE);
    using opened = openResolver(dns.address);
    for (let time = 1; time <= 2; time += 1) {
      expect(await opened.resolver.addresses("broken.test", 4)).toEqual({
        kind: "dns-failure",
        cause: "SERVFAIL",
      });
      await dns.asked("A broken.test", time);
    }
  });

  test("asks whom it was told to, and nobody for an address or localhost", async () => {
    using dns = await fakeNameServer(ZONE);
    using opened = openResolver(dns.address);
    const { resolver } = opened;
    expect([
      await resolver.addresses("192.0.2.7", 4),
      await resolver.addresses("192.0.2.7", 6),
      await resolver.addresses("localhost", 4),
    ]).toEqual([
      { kind: "found", addresses: ["192.0.2.7"] },
      { kind: "not-found" },
      { kind: "found", addresses: ["127.0.0.1"] },
    ]);
    expect(dns.questions).toEqual([]);
  });

  test("goes to the next server where one fails, and remembers for each", async () => {
    using bad = await fakeNameServer({ "*": "SERVFAIL" });
    using good = await fakeNameServer(ZONE);
    using opened = openResolver(bad.address, good.address);
    for (let time = 0; time < 2; time += 1)
      expect(await opened.resolver.addresses("b.test", 4)).toEqual({
        kind: "found",
        addresses: ["192.0.2.2"],
      });
    expect(good.questions.toSorted()).toEqual(["A b.test", "AAAA b.test"]);
  });

  test("gives up with the signal, and goes on for others", async () => {
    using dns = await fakeNameServer({ ...ZONE, "a.test": { A: ["192.0.2.1"], manner: "held" } });
    using opened = openResolver(dns.address);
    const { resolver } = opened;
    const leaving = new AbortController();
    const left = resolver.addresses("a.test", 4, leaving.signal).catch((reason: unknown) => reason);
    await dns.asked("A a.test");
    leaving.abort("left");
    expect(await left).toBe("left");
    expect(await resolver.addresses("b.test", 4)).toEqual({ kind: "found", addresses: ["192.0.2.2"] });
  });

  test("ends what is under way when it is closed, and what nobody asked is no matter", async () => {
    using dns = await fakeNameServer(ZONE);
    const resolver = new RememberingResolver([dns.address]);
    resolver.close();
    resolver.close();
    const other = new RememberingResolver([dns.address]);
    await other.addresses("a.test", 4);
    other.close();
    other.close();
    expect(await other.addresses("a.test", 4)).toEqual(FOUR);
    other.close();
  });

  test("throws a UsageError for a server that is none", () => {
    expect(() => new RememberingResolver(["mx.test"])).toThrow(UsageError);
  });
});

/** Real sockets go on working under fake timers, and c-ares keeps its own time. */
describe("RememberingResolver as time passes", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test("asks anew after four minutes, whatever the TTL, and forgets it all at once", async () => {
    using dns = await fakeNameServer(ZONE);
    using opened = openResolver(dns.address);
    const { resolver } = opened;
    const times = (question: string) => dns.questions.filter((each) => each === question).length;
    await resolver.addresses("a.test", 4);
    await resolver.addresses("b.test", 4);
    jest.advanceTimersByTime(240_000);
    await resolver.addresses("a.test", 4);
    expect([times("A a.test"), times("A b.test")]).toEqual([1, 1]);
    jest.advanceTimersByTime(1);
    expect([await resolver.addresses("a.test", 4), await resolver.addresses("a.test", 6)]).toEqual([
      FOUR,
      SIX,
    ]);
    expect([times("A a.test"), times("A b.test")]).toEqual([2, 1]);
    await resolver.addresses("b.test", 4);
    await resolver.exchanges("a.test");
    await resolver.exchanges("a.test");
    expect([times("A a.test"), times("A b.test"), times("MX a.test")]).toEqual([2, 2, 1]);
  });

  test("gives those who asked before the four minutes were over their answer after them", async () => {
    using dns = await fakeNameServer({ ...ZONE, "a.test": { A: ["192.0.2.1"], manner: "held" } });
    using opened = openResolver(dns.address);
    const { resolver } = opened;
    const early = resolver.addresses("a.test", 4);
    await dns.asked("A a.test");
    jest.advanceTimersByTime(240_001);
    expect(await resolver.addresses("b.test", 4)).toEqual({ kind: "found", addresses: ["192.0.2.2"] });
    dns.release();
    expect(await early).toEqual(FOUR);
  });

  test("reads the hosts file first where no server is given, again when it has changed", async () => {
    const hosts = [
      "192.0.2.8 listed.remembering.test bare-name",
      "192.0.2.9 LISTED.remembering.test",
      "2001:db8::9 listed.remembering.test",
    ];
    const real = Bun.file.bind(Bun);
    const contents = { text: "" };
    const file = spyOn(Bun, "file").mockImplementation(((path: string) =>
      path === "/etc/hosts" ? { text: async () => contents.text } : real(path)) as typeof Bun.file);
    using opened = openResolver();
    const { resolver } = opened;
    try {
      for (const line of hosts.slice(0, 2)) {
        contents.text = line;
        jest.advanceTimersByTime(2_000);
        const [address] = line.split(" ");
        expect(await resolver.addresses("listed.remembering.test", 4)).toEqual({
          kind: "found",
          addresses: [address ?? ""],
        });
      }
      contents.text = hosts.join("\n");
      jest.advanceTimersByTime(2_000);
      expect([
        await resolver.addresses("listed.remembering.test.", 4),
        await resolver.addresses("listed.remembering.test", 6),
        await resolver.addresses("bare-name", 4),
        await resolver.addresses("bare-name", 6),
      ]).toEqual([
        { kind: "found", addresses: ["192.0.2.8", "192.0.2.9"] },
        { kind: "found", addresses: ["2001:db8::9"] },
        { kind: "found", addresses: ["192.0.2.8"] },
        { kind: "not-found" },
      ]);
    } finally {
      file.mockRestore();
    }
  });

  test("does not read the hosts file where a server is given", async () => {
    using dns = await fakeNameServer(ZONE);
    const file = spyOn(Bun, "file");
    using opened = openResolver(dns.address);
    await opened.resolver.addresses("a.test", 4);
    expect(file.mock.calls.filter((call) => JSON.stringify(call).includes("/etc/hosts"))).toEqual([]);
    file.mockRestore();
  });
});
