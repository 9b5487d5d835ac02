import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Entry, Zone } from "../fake/zone.ts";
import { compiled, PATIENCE_MS, run, withoutTimes } from "./command.ts";
import { readReport } from "./read-report.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";

setDefaultTimeout(PATIENCE_MS);

const [MX1, MX2, MX3] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"] as const;
const DOMAIN: Entry = {
  MX: [
    [10, "mx1.example.test"],
    [20, "mx2.example.test"],
    [20, "mx3.example.test"],
  ],
};
const ZONE: Zone = {
  "example.test": DOMAIN,
  "mx1.example.test": { A: [MX1] },
  "mx2.example.test": { A: [MX2] },
  "mx3.example.test": { A: [MX3] },
  "relay.example.test": { CNAME: "mx2.example.test" },
  "ours.example.test": {
    MX: [
      [10, "mx1.example.test"],
      [20, "self.example.test"],
      [30, "mx3.example.test"],
    ],
  },
  "self.example.test": { A: ["127.0.0.1"] },
};

const badOnes: readonly (readonly [name: string, args: readonly string[], quoted: string])[] = [
  ["a host name", ["--dns", "ns.example.test"], '"ns.example.test"'],
  ["port 0", ["--dns", "127.0.0.1:0"], '"0"'],
  ["port 65536", ["--dns", "127.0.0.1:65536"], '"65536"'],
  ["a port that is no number", ["--dns", "127.0.0.1:domain"], '"127.0.0.1:domain"'],
  ["an empty port", ["--dns", "127.0.0.1:"], '"127.0.0.1:"'],
  ["a bad IPv4 address", ["--dns", "127.0.0.256"], '"127.0.0.256"'],
  ["a missing bracket", ["--dns", "[::1"], '"[::1"'],
  ["a second bad one", ["--dns", "127.0.0.1", "--dns", "x"], '"x"'],
  ["an empty one", ["--dns="], "--dns"],
  ["none", ["--dns"], "--dns"],
  ["an address as a domain", ["--mx", "192.0.2.1"], '"192.0.2.1"'],
  ["an address in brackets as a domain", ["--mx", "[192.0.2.1]"], '"[192.0.2.1]"'],
  ["a domain with a port", ["--mx", "example.test:25"], '"example.test:25"'],
  ["two domains in one", ["--mx", "a.test,b.test"], '"a.test,b.test"'],
  ["an empty label in a domain", ["--mx", "a..test"], '"a..test"'],
  ["an empty domain", ["--mx="], "--mx"],
  ["no domain", ["--mx"], "--mx"],
];

describe("smtpdcheck --dns", () => {
  test.concurrent("asks for the addresses of servers named, and nobody for an address", async () => {
    using dns = await fakeNameServer(ZONE);
    using up = fakeSmtpServer(GREETS, { hostname: MX1 });
    const args = [
      "-4",
      "--dns",
      dns.address,
      "-p",
      String(up.port),
      MX2,
      "relay.example.test",
      "mx1.example.test",
    ];
    expect(await run(compiled, args)).toEqual({ status: 1, stdout: "mx1.example.test\n", stderr: "" });
    expect(dns.questions.filter((question) => question.startsWith("A ")).toSorted()).toEqual([
      "A mx1.example.test",
      "A relay.example.test",
    ]);
  });

  test.concurrent("finds a server's IPv6 address too", async () => {
    using dns = await fakeNameServer({ "six.test": { AAAA: ["::1"] } });
    using up = fakeSmtpServer(GREETS, { hostname: "::1" });
    const args = ["--dns", dns.address, `six.test:${up.port}`];
    expect(await run(compiled, args)).toEqual({ status: 1, stdout: "six.test\n", stderr: "" });
  });

  test.concurrent.each([
    ["SERVFAIL", "lookup failed: SERVFAIL"],
    ["NXDOMAIN", "name not found"],
    ["silent", "timed out in dns"],
  ] as const)("holds %s for an address against that server alone", async (refusal, why) => {
    using dns = await fakeNameServer({ ...ZONE, "mx1.example.test": refusal });
    using up = fakeSmtpServer(GREETS, { hostname: MX2 });
    const args = ["-v", "--timeout=1", "--dns", dns.address, "-p", String(up.port), "--mx", "example.test"];
    const ran = await run(compiled, args);
    expect(ran).toMatchObject({ status: 1, stdout: "mx2.example.test\n" });
    expect(withoutTimes(ran.stderr)).toContain(`mx1.example.test: unavailable: ${why} (dns N ms)\n`);
  });

  test.concurrent.each<[string, Zone[string]]>([
    ["refuses", "REFUSED"],
    ["fails", "SERVFAIL"],
    ["is silent", "silent"],
    ["answers other questions", { ...DOMAIN, manner: "another-question" }],
    ["answers nonsense", { ...DOMAIN, manner: "cut" }],
  ])("asks the second name server when the first %s", async (_, entry) => {
    using bad = await fakeNameServer({ "*": entry });
    using good = await fakeNameServer(ZONE);
    using up = fakeSmtpServer(GREETS, { hostname: MX1 });
    const args = ["--dns", bad.address, "--dns", good.address, "-p", String(up.port), "--mx", "example.test"];
    expect(await run(compiled, args)).toEqual({ status: 1, stdout: "mx1.example.test\n", stderr: "" });
    expect(bad.questions).toContain("MX example.test");
  });

  test.concurrent("asks the second name server when nobody is at the first", async () => {
    using nobody = refusedPort();
    using dns = await fakeNameServer(ZONE);
    using up = fakeSmtpServer(GREETS, { hostname: MX1 });
    const servers = ["--dns", `127.0.0.1:${nobody.port}`, "--dns", dns.address];
    const ran = await run(compiled, [...servers, "-p", String(up.port), "--mx", "example.test"]);
    expect(ran).toEqual({ status: 1, stdout: "mx1.example.test\n", stderr: "" });
  });

  test.concurrent("exits 2 when nobody is at the only name server", async () => {
    using nobody = refusedPort();
    const args = ["--timeout", "2", "--dns", `127.0.0.1:${nobody.port}`, "--mx", "example.test"];
    expect(await run(compiled, args)).toEqual({
      status: 2,
      stdout: "",
      stderr: `smtpdcheck: Cannot look up the mail exchangers of "example.test": no connection to a name server\n`,
    });
  });

  test.concurrent("believes the first name server that a domain does not exist", async () => {
    using first = await fakeNameServer({});
    using second = await fakeNameServer(ZONE);
    const args = ["--dns", first.address, "--dns", second.address, "--mx", "example.test"];
    expect(await run(compiled, args)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(second.questions).toEqual([]);
  });

  test.concurrent.each(badOnes)("exits 2 for %s", async (_, args, quoted) => {
    const ran = await run(compiled, ["127.0.0.1", ...args]);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
    expect(ran.stderr).toContain(quoted);
  });
});

describe("smtpdcheck --mx with a stop host", () => {
  /** Runs on the exchangers with every one of them up; what is told of each is its status, or why it was skipped. */
  async function standings(domain: string, ...stop: readonly string[]) {
    using dns = await fakeNameServer(ZONE);
    using up = serversOnOnePort({ [MX1]: GREETS, "127.0.0.1": GREETS, [MX2]: GREETS, [MX3]: GREETS });
    const args = ["--dns", dns.address, "-p", String(up.port), "--mx", domain, ...stop];
    const { stdout } = await run(compiled, ["--format", "json", ...args]);
    const { servers } = readReport(stdout);
    const text = await run(compiled, args);
    return {
      told: servers.map(({ status, reason }) => (status === "skipped" ? reason : status)),
      status: text.status,
      stdout: text.stdout,
      touched: up.connectionCounts.map((count) => count > 0),
    };
  }

  test.concurrent.each([
    ["mx2.example.test", ["available", "stop-host", "same-preference"], "mx1.example.test"],
    ["MX3.example.test.", ["available", "same-preference", "stop-host"], "mx1.example.test"],
    ["relay.example.test", ["available", "stop-host", "same-preference"], "mx1.example.test"],
    [MX2, ["available", "stop-host", "same-preference"], "mx1.example.test"],
    ["mx1.example.test", ["stop-host", "after-stop", "after-stop"], ""],
  ])("--stop %s", async (stop, told, answer) => {
    expect(await standings("example.test", "--stop", stop)).toEqual({
      told,
      status: answer === "" ? 0 : 1,
      stdout: answer === "" ? "" : `${answer}\n`,
      touched: [answer !== "", false, false, false],
    });
  });

  test.concurrent("--stop-self leaves out this machine and what is behind it", async () => {
    expect(await standings("ours.example.test", "--stop-self")).toEqual({
      told: ["stop-host", "after-stop", "after-stop"],
      status: 0,
      stdout: "",
      touched: [false, false, false, false],
    });
  });

  test.concurrent("exits 2 when this machine is not in the list, and says what it looked for", async () => {
    using dns = await fakeNameServer({ "mx.test": "NXDOMAIN" });
    const ran = await run(compiled, ["--dns", dns.address, "--stop-self", "mx.test"]);
    expect({ ...ran, stderr: ran.stderr.replace(/for \S.*;/, "for …;") }).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "smtpdcheck: Cannot find this machine among the servers: looked for …; --stop HOST names it otherwise\n",
    });
  });

  test.concurrent("exits 2 when the stop host cannot be looked up", async () => {
    using dns = await fakeNameServer({ ...ZONE, "relay.example.test": "SERVFAIL" });
    const args = ["--dns", dns.address, "--mx", "example.test", "--stop", "relay.example.test"];
    const ran = await run(compiled, args);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
    expect(ran.stderr).toContain("relay.example.test");
  });
});
