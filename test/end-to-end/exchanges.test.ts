import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Entry, Zone } from "../fake/zone.ts";
import { commands, compiled, PATIENCE_MS, run, withoutTimes } from "./command.ts";
import { readReport } from "./read-report.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";

setDefaultTimeout(PATIENCE_MS);

const [MX1, MX2, MX3] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"] as const;
const HOSTS: Zone = {
  "mx1.example.test": { A: [MX1] },
  "mx2.example.test": { A: [MX2] },
  "mx3.example.test": { A: [MX3] },
};
const ONE: Entry = { MX: [[10, "mx1.example.test"]] };
const TWO: Entry = {
  MX: [
    [20, "mx2.example.test"],
    [10, "mx1.example.test"],
  ],
};

interface Row {
  readonly how: string;
  readonly domain?: string;
  readonly zone: Zone;
  readonly answer?: string;
  readonly asked?: string;
}

const found: readonly Row[] = [
  { how: "one MX record", zone: { "example.test": ONE } },
  {
    how: "an answer that comes truncated, then by TCP",
    zone: { "example.test": { ...ONE, manner: "truncated" } },
    asked: "MX example.test (tcp)",
  },
  {
    how: "an alias",
    zone: { "example.test": { CNAME: "other.test" }, "other.test": ONE },
  },
  {
    how: "an alias that is left to the asker",
    zone: { "example.test": { CNAME: "other.test", manner: "bare-cname" }, "other.test": ONE },
    asked: "MX other.test",
  },
  {
    how: "the true answer after a forged one",
    zone: { "example.test": { ...ONE, manner: "forged-first" } },
  },
  { how: "no MX record", zone: { "example.test": { A: [MX1] } }, answer: "example.test" },
  {
    how: "an alias without MX record",
    zone: { "example.test": { CNAME: "other.test" }, "other.test": { A: [MX1] } },
    answer: "example.test",
  },
  {
    how: "an internationalized name",
    domain: "bücher.test",
    zone: { "xn--bcher-kva.test": ONE },
    asked: "MX xn--bcher-kva.test",
  },
  { how: "capitals and a last dot", domain: "EXAMPLE.Test.", zone: { "example.test": ONE } },
  {
    how: "an exchange in capitals with a last dot",
    zone: { "example.test": { MX: [[0, "MX1.Example.test."]] } },
    answer: "MX1.Example.test",
  },
];

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent("--mx checks the exchangers of a domain, the most preferred first", async () => {
    using dns = await fakeNameServer({ ...HOSTS, "example.test": TWO });
    using servers = serversOnOnePort({ [MX1]: BUSY, [MX2]: GREETS });
    const args = ["-v", "--dns", dns.address, "-p", String(servers.port), "--mx", "example.test"];
    const ran = await run(command, args);
    expect(ran).toMatchObject({ status: 1, stdout: "mx2.example.test\n" });
    const said = withoutTimes(ran.stderr).trimEnd().split("\n");
    const times = "(dns N ms, connect N ms, greeting N ms)";
    expect(said.toSorted()).toEqual([
      `mx1.example.test: unavailable: ${MX1} is busy: "421 4.7.0 too busy" ${times}`,
      `mx2.example.test: available: ${MX2} said "220 mx.example.test ESMTP" ${times}`,
    ]);
  });
});

describe("smtpdcheck --mx", () => {
  test.concurrent.each(found)(
    "finds by $how",
    async ({ domain = "example.test", zone, answer = "mx1.example.test", asked }) => {
      using dns = await fakeNameServer({ ...HOSTS, ...zone });
      using up = fakeSmtpServer(GREETS, { hostname: MX1 });
      const args = ["--dns", dns.address, "-p", String(up.port), "--mx", domain];
      expect(await run(compiled, args)).toEqual({ status: 1, stdout: `${answer}\n`, stderr: "" });
      expect(up.connectionCount).toBe(1);
      if (asked !== undefined) expect(dns.questions).toContain(asked);
    },
  );

  test.concurrent("takes equal preferences in the order received", async () => {
    const received = ["mx2.example.test", "mx3.example.test", "mx1.example.test"];
    using dns = await fakeNameServer({
      ...HOSTS,
      "example.test": { MX: [[30, "mx4.example.test"], ...received.map((name) => [20, name] as const)] },
    });
    const args = ["--format=json", "--dns", dns.address, "-p", "1", "--mx", "example.test"];
    expect(readReport((await run(compiled, args)).stdout).servers).toMatchObject(
      [...received, "mx4.example.test"].map((server, at) => ({ server, preference: at < 3 ? 20 : 30 })),
    );
  });

  test.concurrent("sorts twenty exchangers, more than fit into one packet", async () => {
    const shuffled = Array.from({ length: 20 }, (_, at) => (at * 7) % 20);
    const nameOf = (at: number) => `mail-exchanger-number-${at}.of-a-large-provider.test`;
    using dns = await fakeNameServer({
      "*": { A: [MX1] },
      "example.test": { MX: shuffled.map((at) => [at * 10, nameOf(at)]) },
    });
    using up = fakeSmtpServer(GREETS, { hostname: MX1 });
    const args = ["--format=json", "--dns", dns.address, "-p", String(up.port), "--mx", "example.test"];
    const { stdout, ...rest } = await run(compiled, args);
    expect(rest).toEqual({ status: 1, stderr: "" });
    expect(readReport(stdout)).toMatchObject({
      server: nameOf(0),
      servers: shuffled.map((_, at) => ({ server: nameOf(at), preference: at * 10, status: "available" })),
    });
    expect(dns.questions).toContain("MX example.test (tcp)");
    expect(up.connectionCount).toBe(1);
  });

  test.concurrent("puts the exchangers of several domains in front of the servers named", async () => {
    using dns = await fakeNameServer({
      ...HOSTS,
      "one.test": TWO,
      "two.test": { MX: [[5, "mx3.example.test"]] },
      "three.test": { MX: [[0, "."]] },
    });
    using up = fakeSmtpServer(GREETS, { hostname: MX3 });
    const domains = ["--mx", "one.test", "--mx=three.test", "--mx", "two.test"];
    const args = [`1:${MX2}`, "--format=json", "--dns", dns.address, "-p", String(up.port), ...domains];
    expect(readReport((await run(compiled, args)).stdout)).toMatchObject({
      server: "mx3.example.test",
      servers: [
        { server: "mx1.example.test", preference: 10, address: MX1 },
        { server: "mx2.example.test", preference: 20, address: MX2 },
        { server: "three.test", reason: "null-mx" },
        { server: "mx3.example.test", preference: 5, address: MX3 },
        { server: MX2, preference: 1, address: MX2 },
      ],
    });
  });

  test.concurrent("cannot find an exchange that is no host name, and cleans it", async () => {
    const exchanges = ["192.0.2.1", String.raw`a\027[31m\010b.test`] as const;
    using dns = await fakeNameServer({ "example.test": { MX: exchanges.map((name, at) => [at, name]) } });
    const ran = await run(compiled, ["-v", "--dns", dns.address, "--mx", "example.test"]);
    expect(ran).toMatchObject({ status: 0, stdout: "" });
    expect(ran.stderr).toMatch(
      /^192\.0\.2\.1: unavailable: its MX record names an address\n\P{Cc}+: unavailable: its MX record names no host\n$/u,
    );
  });
});
