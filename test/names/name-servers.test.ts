import { describe, expect, test } from "bun:test";
import { type ExchangeLookup, resolveExchanges } from "../../src/names/exchanges.ts";
import { nameServers } from "../../src/names/name-servers.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import type { Entry, Zone } from "../fake/zone.ts";

const FOUND: Entry = { A: ["192.0.2.1"], MX: [[10, "mx.test"]] };
const FOUND_ADDRESSES = { kind: "found", addresses: ["192.0.2.1"] } as const;
const FOUND_EXCHANGES = { kind: "found", exchanges: [{ preference: 10, exchange: "mx.test" }] } as const;

const SPOILT = {
  SERVFAIL: "SERVFAIL",
  REFUSED: "REFUSED",
  "malformed answer": { ...FOUND, manner: "cut" },
  "pointer loop": { ...FOUND, manner: "pointer-loop" },
  "no answer over TCP": { ...FOUND, manner: "truncated-tcp-closes" },
} as const satisfies Zone;

const UNANSWERED = {
  silence: "silent",
  "an answer for another question": { ...FOUND, manner: "another-question" },
  "an answer with another id": { ...FOUND, manner: "another-id" },
  "silence over TCP": { ...FOUND, manner: "truncated-tcp-silent" },
} as const satisfies Zone;

describe("addresses()", () => {
  test("finds each family, canonical and each address once, with one question for each", async () => {
    using dns = await fakeNameServer({
      "a.test": { A: ["192.0.2.1", "192.0.2.2", "192.0.2.1"], AAAA: ["2001:db8:0:0::1", "2001:db8::1"] },
    });
    const { signal } = new AbortController();
    const resolver = nameServers([dns.address]);
    const both = [resolver.addresses("a.test", 6, signal), resolver.addresses("a.test.", 4, signal)];
    expect(await Promise.all(both)).toEqual([
      { kind: "found", addresses: ["2001:db8::1"] },
      { kind: "found", addresses: ["192.0.2.1", "192.0.2.2"] },
    ]);
    expect(dns.questions.toSorted()).toEqual(["A a.test", "AAAA a.test"]);
  });

  test.each([
    [4, ["192.0.2.1"], ["A a.test", "AAAA a.test"]],
    [6, ["2001:db8::1"], ["AAAA a.test", "A a.test"]],
  ] as const)("gives family %p alone, and asks for the other along", async (family, addresses, questions) => {
    using dns = await fakeNameServer({ "a.test": { A: ["192.0.2.1"], AAAA: ["2001:db8::1"] } });
    expect(await nameServers([dns.address]).addresses("a.test", family)).toEqual({
      kind: "found",
      addresses,
    });
    expect(dns.questions).toEqual([...questions]);
  });

  test.each<[string, Zone, readonly string[]]>([
    ["a CNAME", { "a.test": { CNAME: "b.test" }, "b.test": FOUND }, ["192.0.2.1"]],
    [
      "CNAMEs that are left to the asker",
      {
        "a.test": { CNAME: "B.test", manner: "bare-cname" },
        "b.test": { CNAME: "c.test", manner: "bare-cname" },
        "c.test": FOUND,
      },
      ["192.0.2.1"],
    ],
    ["a truncated answer over TCP", { "a.test": { ...FOUND, manner: "truncated" } }, ["192.0.2.1"]],
    ["the true answer after a forged one", { "a.test": { ...FOUND, manner: "forged-first" } }, ["192.0.2.1"]],
    ["IPv4 when IPv6 fails", { "a.test": { A: ["192.0.2.1"], AAAA: "SERVFAIL" } }, ["192.0.2.1"]],
    ["IPv4 when IPv6 is silent", { "a.test": { A: ["192.0.2.1"], AAAA: "silent" } }, ["192.0.2.1"]],
  ])("finds by %s", async (_, zone, addresses) => {
    using dns = await fakeNameServer(zone);
    const lookup = await nameServers([dns.address]).addresses("a.test", 4);
    expect(lookup).toEqual({ kind: "found", addresses });
  });

  test.each<[string, Zone]>([
    ["NXDOMAIN", {}],
    ["NODATA", { "a.test": {} }],
    ["a CNAME to nothing", { "a.test": { CNAME: "b.test" } }],
    ["a CNAME to NODATA", { "a.test": { CNAME: "b.test" }, "b.test": {} }],
  ])("does not find by %s", async (_, zone) => {
    using dns = await fakeNameServer(zone);
    expect(await nameServers([dns.address]).addresses("a.test", 4)).toEqual({ kind: "not-found" });
  });

  test.each<[string, Zone, string]>([
    ["SERVFAIL", { "a.test": SPOILT.SERVFAIL }, "SERVFAIL"],
    ["REFUSED", { "a.test": SPOILT.REFUSED }, "REFUSED"],
    ["an answer cut short", { "a.test": SPOILT["malformed answer"] }, "malformed answer"],
    ["a pointer loop", { "a.test": SPOILT["pointer loop"] }, "malformed answer"],
    [
      "SERVFAIL, though the other family is found",
      { "a.test": { A: "SERVFAIL", AAAA: ["::1"] } },
      "SERVFAIL",
    ],
    ["a CNAME loop", { "a.test": { CNAME: "b.test" }, "b.test": { CNAME: "a.test" } }, "CNAME loop"],
    ["nine CNAMEs", bareChain(9), "more than 8 CNAMEs"],
  ])("fails by %s", async (_, zone, cause) => {
    using dns = await fakeNameServer(zone);
    const lookup = await nameServers([dns.address]).addresses("a.test", 4);
    expect(lookup).toEqual({ kind: "dns-failure", cause });
  });

  test("blames this machine when a name server takes no connection for a long answer", async () => {
    using dns = await fakeNameServer({ "a.test": SPOILT["no answer over TCP"] });
    const lookup = await nameServers([dns.address]).addresses("a.test", 4);
    expect(lookup).toEqual({ kind: "no-resources", cause: "no connection to a name server" });
  });

  test("finds after eight CNAMEs", async () => {
    using dns = await fakeNameServer(bareChain(8));
    expect(await nameServers([dns.address]).addresses("a.test", 4)).toEqual(FOUND_ADDRESSES);
  });

  test.each(Object.entries({ ...SPOILT, ...UNANSWERED }))(
    "asks the next server after %s",
    async (_, entry) => {
      using bad = await fakeNameServer({ "*": entry });
      using good = await fakeNameServer({ "*": FOUND });
      const lookup = await nameServers([bad.address, good.address]).addresses("a.test", 4);
      expect(lookup).toEqual(FOUND_ADDRESSES);
    },
  );

  test.each(["a.test", "gone.test"])("believes the first server of %s", async (name) => {
    using first = await fakeNameServer({ "a.test": FOUND });
    using second = await fakeNameServer({ "*": FOUND });
    await nameServers([first.address, second.address]).addresses(name, 4);
    expect(second.questions).toEqual([]);
  });

  test("believes a slow server whose retry has been sent", async () => {
    using dns = await fakeNameServer({ "a.test": { ...FOUND, manner: "held" } });
    const lookup = nameServers([dns.address]).addresses("a.test", 4);
    await dns.asked("A a.test", 2);
    dns.release();
    expect(await lookup).toEqual(FOUND_ADDRESSES);
  });

  test.each([
    ["192.0.2.1", 4, { kind: "found", addresses: ["192.0.2.1"] }],
    ["2001:db8::1", 6, { kind: "found", addresses: ["2001:db8::1"] }],
    ["2001:db8::1", 4, { kind: "not-found" }],
    ["localhost", 6, { kind: "found", addresses: ["::1"] }],
    ["localhost.", 4, { kind: "found", addresses: ["127.0.0.1"] }],
    ["mx.localhost", 4, { kind: "found", addresses: ["127.0.0.1"] }],
  ] as const)("asks nobody for %s, family %p", async (host, family, lookup) => {
    using dns = await fakeNameServer({});
    expect(await nameServers([dns.address]).addresses(host, family)).toEqual(lookup);
    expect(dns.questions).toEqual([]);
  });

  test("rejects with the signal's reason, and others that ask go on", async () => {
    using dns = await fakeNameServer({ "*": { ...FOUND, manner: "held" } });
    const resolver = nameServers([dns.address]);
    const controller = new AbortController();
    const given = resolver.addresses("a.test", 4, controller.signal);
    const kept = resolver.addresses("b.test", 4);
    await dns.asked("A b.test");
    controller.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    await given.catch(() => {});
    dns.release();
    expect(await kept).toEqual(FOUND_ADDRESSES);
  });

  test("looks a hundred names up at once, and again", async () => {
    using dns = await fakeNameServer({ "*": FOUND });
    const resolver = nameServers([dns.address]);
    for (const round of ["one", "two"]) {
      const names = Array.from({ length: 100 }, (_, at) => `h${at}.${round}.test`);
      const lookups = await Promise.all(names.map((name) => resolver.addresses(name, 4)));
      expect(new Set(lookups.map(({ kind }) => kind))).toEqual(new Set(["found"]));
    }
  });
});

describe("exchanges()", () => {
  test.each<[string, Zone, ExchangeLookup]>([
    [
      "records in the order received",
      { "a.test": mx([20, "b.test"], [10, "C.test"], [20, "a.test"]) },
      found([20, "b.test"], [10, "C.test"], [20, "a.test"]),
    ],
    ["20 records", { "a.test": mx(...twenty()) }, found(...twenty())],
    ["a null MX", { "a.test": mx([0, "."]) }, found([0, ""])],
    ["a CNAME", { "a.test": { CNAME: "b.test" }, "b.test": FOUND }, FOUND_EXCHANGES],
    [
      "a CNAME left to the asker",
      { "a.test": { CNAME: "b.test", manner: "bare-cname" }, "b.test": FOUND },
      FOUND_EXCHANGES,
    ],
    ["a truncated answer", { "a.test": { ...FOUND, manner: "truncated" } }, FOUND_EXCHANGES],
    [
      "a forged answer before the true one",
      { "a.test": { ...FOUND, manner: "forged-first" } },
      FOUND_EXCHANGES,
    ],
    [
      "an address and octets as exchanges",
      { "a.test": mx([1, "192.0.2.1"], [2, String.raw`a\000b.test`]) },
      found([1, "192.0.2.1"], [2, String.raw`a\000b.test`]),
    ],
    ["NODATA", { "a.test": { A: ["192.0.2.1"] } }, { kind: "none" }],
    ["NXDOMAIN", {}, { kind: "none" }],
    ["a CNAME to NODATA", { "a.test": { CNAME: "b.test" }, "b.test": {} }, { kind: "none" }],
    ["a CNAME loop", { "a.test": { CNAME: "b.test" }, "b.test": { CNAME: "a.test" } }, failed("CNAME loop")],
    ["nine CNAMEs", bareChain(9), failed("more than 8 CNAMEs")],
    ["SERVFAIL", { "a.test": SPOILT.SERVFAIL }, failed("SERVFAIL")],
    ["REFUSED", { "a.test": SPOILT.REFUSED }, failed("REFUSED")],
    ["an answer cut short", { "a.test": SPOILT["malformed answer"] }, failed("malformed answer")],
    ["a pointer loop", { "a.test": SPOILT["pointer loop"] }, failed("malformed answer")],
    ["TCP closed", { "a.test": SPOILT["no answer over TCP"] }, failed("no connection to a name server")],
    [
      "an exchange of 300 octets",
      { "a.test": mx([1, `${"x".repeat(59)}.`.repeat(5)]) },
      failed("malformed answer"),
    ],
  ])("%s", async (_, zone, lookup) => {
    using dns = await fakeNameServer(zone);
    expect(await nameServers([dns.address]).exchanges("a.test")).toEqual(lookup);
  });

  test.each(Object.entries({ ...SPOILT, ...UNANSWERED }))(
    "asks the next server after %s",
    async (_, entry) => {
      using bad = await fakeNameServer({ "*": entry });
      using good = await fakeNameServer({ "*": FOUND });
      expect(await nameServers([bad.address, good.address]).exchanges("a.test")).toEqual(FOUND_EXCHANGES);
    },
  );

  test.each(Object.entries(UNANSWERED))("can be given up: %s", async (_, entry) => {
    using dns = await fakeNameServer({ "*": entry });
    const controller = new AbortController();
    const list = resolveExchanges("a.test", nameServers([dns.address]), controller.signal);
    await dns.asked("MX a.test");
    controller.abort();
    await expect(list).rejects.toThrow('Cannot look up the mail exchangers of "a.test": timed out');
  });
});

describe("nameServers()", () => {
  test.each([4, 6] as const)("notices at once that a port refuses, family %p", async (family) => {
    const lookup = await nameServers([await refusingAddress()]).addresses("a.test", family);
    expect(lookup).toEqual({ kind: "no-resources", cause: "no connection to a name server" });
  });

  test("notices at once that a port refuses, exchanges", async () => {
    const lookup = await nameServers([await refusingAddress()]).exchanges("a.test");
    expect(lookup).toEqual(failed("no connection to a name server"));
  });

  const give =
    "const dns = nameServers([address]); const lookups = [dns.addresses('a.test', 4, signal), dns.exchanges('a.test', signal)];";

  test("lets the process end as soon as its lookups are given up, and prints nothing", async () => {
    using dns = await fakeNameServer({ "*": "silent" });
    const child = run(
      dns.address,
      `const signal = AbortSignal.timeout(50); ${give} await Promise.allSettled(lookups);`,
    );
    expect(await child).toEqual({ status: 0, printed: "" });
  });

  test("blames this machine when it has no descriptors left", async () => {
    using dns = await fakeNameServer({ "*": FOUND });
    const script = `
      const { openSync } = await import("node:fs");
      const signal = undefined;
      try { for (;;) openSync("/dev/null", "r"); } catch {}
      ${give}
      console.log(JSON.stringify(await Promise.all(lookups)));`;
    const blamed = [{ kind: "no-resources", cause: "EMFILE" }, failed("EMFILE")];
    expect(await run(dns.address, script)).toEqual({ status: 0, printed: `${JSON.stringify(blamed)}\n` });
  });
});

/** The address of a name server that is gone. */
async function refusingAddress(): Promise<string> {
  using dns = await fakeNameServer({});
  return dns.address;
}

/** Runs a script that knows `nameServers` and the `address` of one, in a process with few descriptors. */
async function run(address: string, script: string) {
  const head = `import { nameServers } from ${JSON.stringify(`${import.meta.dir}/../../src/names/name-servers.ts`)}; const address = "${address}";`;
  const command = ["sh", "-c", 'ulimit -n 64; exec "$0" -e "$1"', process.execPath, `${head} ${script}`];
  await using child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, printed: out + err };
}

function mx(...records: readonly (readonly [number, string])[]): Entry {
  return { MX: records };
}

function found(...records: readonly (readonly [number, string])[]): ExchangeLookup {
  return { kind: "found", exchanges: records.map(([preference, exchange]) => ({ preference, exchange })) };
}

function failed(cause: string): ExchangeLookup {
  return { kind: "failed", cause };
}

function twenty(): readonly (readonly [number, string])[] {
  return Array.from({ length: 20 }, (_, at) => [at, `mail-exchanger-number-${at}.of-a-large-provider.test`]);
}

/** `a.test` and so many CNAMEs, each left to the asker, before something is found. */
function bareChain(length: number): Zone {
  const names = ["a.test", ...Array.from({ length }, (_, at) => `c${at + 1}.test`)];
  const entries = names.map((name, at): [string, Entry] => {
    const target = names[at + 1];
    return [name, target === undefined ? FOUND : { CNAME: target, manner: "bare-cname" }];
  });
  return Object.fromEntries(entries);
}
