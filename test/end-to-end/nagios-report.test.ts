import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { parsePluginOutput } from "../report/perfdata-parser.ts";
import { commands, compiled, PATIENCE_MS, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const [A, B] = ["127.0.0.11", "127.0.0.12"] as const;
const SLOW = `(wait 300ms)\n${GREETS}`;

interface Row {
  readonly name: string;
  readonly scripts: readonly [string, string];
  readonly args?: readonly string[];
  readonly status: 0 | 1 | 2;
  readonly short: RegExp;
}

const rows: readonly Row[] = [
  {
    name: "every server is available",
    scripts: [GREETS, GREETS],
    status: 0,
    short: /^SMTPDCHECK OK - 2 of 2 available, use 127\.0\.0\.11:\d+$/,
  },
  {
    name: "some are",
    scripts: [BUSY, GREETS],
    status: 1,
    short:
      /^SMTPDCHECK WARNING - 1 of 2 available, use 127\.0\.0\.12:\d+; unavailable: 127\.0\.0\.11:\d+ \(127\.0\.0\.11 is busy: "421 4\.7\.0 too busy"\)$/,
  },
  {
    name: "none is",
    scripts: [BUSY, BUSY],
    status: 2,
    short: /^SMTPDCHECK CRITICAL - 0 of 2 available; unavailable: 127\.0\.0\.11:\d+, 127\.0\.0\.12:\d+$/,
  },
  {
    name: "one is slower than -w",
    scripts: [GREETS, SLOW],
    args: ["-w", "0.2", "-c", "14"],
    status: 1,
    short:
      /^SMTPDCHECK WARNING - 2 of 2 available, use [^;]+; slow: (?:127\.0\.0\.11:\d+ \(\d\.\d{3} s\), )?127\.0\.0\.12:\d+ \(\d\.\d{3} s\)$/,
  },
  {
    name: "one is slower than -c",
    scripts: [GREETS, SLOW],
    args: ["--warning=0.1", "--critical=.2"],
    status: 2,
    short: /^SMTPDCHECK CRITICAL - 2 of 2 available, use [^;]+; slow: .*127\.0\.0\.12:\d+ \(\d\.\d{3} s\)$/,
  },
  {
    name: "none is slower than -w and -c",
    scripts: [GREETS, GREETS],
    args: ["-w14", "-c", "14.5"],
    status: 0,
    short: /^SMTPDCHECK OK - 2 of 2 available/,
  },
  ...(["any", "all", "none"] as const).map(
    (requirement): Row => ({
      name: `every server is available under --require ${requirement}`,
      scripts: [GREETS, GREETS],
      args: ["--require", requirement],
      status: 0,
      short: /^SMTPDCHECK OK/,
    }),
  ),
];

describe.each(commands)("smtpdcheck $name --format nagios", (command) => {
  test.concurrent.each(rows)("tells that $name", async ({ scripts, args = [], status, short }) => {
    const [first, second] = scripts;
    using one = fakeSmtpServer(first, { hostname: A });
    using two = fakeSmtpServer(second, { hostname: B });
    const targets = [`10:${A}:${one.port}`, `20:${B}:${two.port}`];
    const ran = await run(command, ["--format", "nagios", ...args, ...targets]);
    expect(ran).toMatchObject({ status, stderr: "" });
    const output = parsePluginOutput(ran.stdout);
    expect(output.short).toMatch(short);
    expect(output.metrics.map(({ label }) => label)).toEqual([`${A}:${one.port}`, `${B}:${two.port}`]);
    expect(output.long.map((line) => line.split(" ", 1)[0])).toEqual([
      `${A}:${one.port}:`,
      `${B}:${two.port}:`,
    ]);
  });

  test.concurrent.each([
    ["before", ["--format=nagios", "--timeout", "10x", "127.0.0.1"]],
    ["behind", ["--timeout", "10x", "127.0.0.1", "--format", "nagios"]],
    ["before an unknown option", ["--format", "nagios", "--timout", "3", "127.0.0.1"]],
    ["behind an unknown option", ["--timout", "3", "127.0.0.1", "--format", "nagios"]],
    ["before a bad server", ["--format", "nagios", "10:"]],
    ["without a server", ["--format", "nagios"]],
    ["before a bad threshold", ["--format", "nagios", "-w", "1s", "127.0.0.1"]],
    ["behind a missing value", ["--format", "nagios", "127.0.0.1", "--timeout"]],
  ])("tells a usage error on standard output: %s", async (_, args) => {
    const ran = await run(command, args);
    expect(ran).toEqual({
      status: 3,
      stdout: expect.stringMatching(/^SMTPDCHECK UNKNOWN - [^\n|]+\n$/),
      stderr: "",
    });
  });
});

describe("smtpdcheck --format nagios", () => {
  test.concurrent("gives thresholds with each time", async () => {
    using dns = await fakeNameServer({ "up.example.test": { A: [A] }, "gone.example.test": "NXDOMAIN" });
    using up = fakeSmtpServer(GREETS, { hostname: A });
    const args = ["--format", "nagios", "-w", "7.5", "-c", "14", "--dns", dns.address, "-p", String(up.port)];
    const ran = await run(compiled, [...args, "up.example.test", "gone.example.test", `--stop=${B}`, B]);
    expect(ran.status).toBe(1);
    const { metrics } = parsePluginOutput(ran.stdout);
    expect(metrics).toEqual([
      {
        label: `up.example.test:${up.port}`,
        value: expect.stringMatching(/^0\.\d{6}s$/),
        limits: ["7.5", "14", "0", ""],
      },
      {
        label: `gone.example.test:${up.port}`,
        value: "U",
        limits: ["7.5", "14", "0", ""],
      },
    ]);
  });

  test.concurrent("takes the options that monitors give to plugins of its family", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: A });
    using busy = fakeSmtpServer(BUSY, { hostname: B });
    const hosts = ["-H", `${A}:${up.port}`, `--hostname=${B}:${busy.port}`];
    const args = ["--format", "nagios", "-t", "9", "-w", "~:8.5", "-c", "@9:", "--min-available", "1"];
    const ran = await run(compiled, [...args, ...hosts]);
    expect(ran.status).toBe(0);
    const { short, metrics } = parsePluginOutput(ran.stdout);
    expect(short).toStartWith(`SMTPDCHECK OK - 1 of 2 available, use ${A}:${up.port}; unavailable: ${B}`);
    expect(metrics.map(({ limits }) => limits)).toEqual([
      ["~:8.5", "@9:", "0", ""],
      ["~:8.5", "@9:", "0", ""],
    ]);
    expect((await run(compiled, [...args, "--min-available=2", ...hosts])).status).toBe(1);
    expect((await run(compiled, [...args, "--min-available=2,2", ...hosts])).status).toBe(2);
    expect((await run(compiled, ["-V"])).stdout).toMatch(/^smtpdcheck \d+\.\d+\.\d+\n$/);
  });

  test.concurrent("cannot be broken by what a server says", async () => {
    using server = fakeSmtpServer(
      String.raw`S| 220-a | b=1;2;3 'c' \\n OK\r\n220-SMTPDCHECK OK - fine|x=1\r\n220 \x1b[31m\x0b\x85\u2028end\r\nC: QUIT`,
    );
    const { stdout, status } = await run(compiled, ["--format", "nagios", `127.0.0.1:${server.port}`]);
    expect(status).toBe(0);
    const output = parsePluginOutput(stdout);
    expect(output.metrics).toHaveLength(1);
    expect(output.long).toHaveLength(1);
    expect(stdout).toMatch(/^(?:[^\p{Cc}\p{Zl}]+\n){2}$/u);
    expect(stdout).not.toContain("\\n");
  });

  test.concurrent("cannot be broken by what a busy server says", async () => {
    using server = fakeSmtpServer(String.raw`S| 421 a | b=1 \\n ${"long ".repeat(80)}\r\n`);
    const { stdout, status } = await run(compiled, ["--format", "nagios", `127.0.0.1:${server.port}`]);
    expect(status).toBe(2);
    const { short, long } = parsePluginOutput(stdout);
    expect(short.length).toBeLessThan(200);
    const [, reply = ""] = /"(.*)"/.exec(long[0] ?? "") ?? [];
    expect(reply).toEndWith("…");
    expect(Bun.stringWidth(reply.replace("\\x7c", "|").replace("\\x0a", "\\n"))).toBeWithin(115, 121);
  });

  test.concurrent("is UNKNOWN when this machine leaves it open", async () => {
    const ran = await run(compiled, ["--format", "nagios", "127.0.0.1"], {
      under: ["prlimit", "--nofile=5"],
    });
    expect(ran).toMatchObject({ status: 3, stderr: "" });
    expect(parsePluginOutput(ran.stdout).short).toStartWith(
      "SMTPDCHECK UNKNOWN - 0 of 1 available; undetermined: ",
    );
  });

  test.concurrent.each([
    ["exchangers", ["--mx", "example.test"]],
    ["a stop host", ["--stop", "example.test", "127.0.0.1"]],
  ])("is UNKNOWN when the lookup of %s fails", async (_, args) => {
    using dns = await fakeNameServer({ "*": "SERVFAIL" });
    const ran = await run(compiled, ["--format", "nagios", "--dns", dns.address, ...args]);
    expect(ran).toEqual({
      status: 3,
      stdout: expect.stringMatching(/^SMTPDCHECK UNKNOWN - [^\n]*example\.test[^\n]*\n$/),
      stderr: "",
    });
  });

  test.concurrent("is UNKNOWN when no server counts", async () => {
    const ran = await run(compiled, ["--format", "nagios", "--stop", A, A, B]);
    expect(ran.status).toBe(3);
    expect(parsePluginOutput(ran.stdout)).toMatchObject({
      short: "SMTPDCHECK UNKNOWN - no server counts",
      metrics: [],
    });
  });

  test.concurrent.each([
    ["after --", ["--timeout", "x", "--", "--format", "nagios"]],
    ["another", ["--format", "nagios", "--timeout", "x", "--format", "table"]],
    ["none", ["-w", "1", "127.0.0.1"]],
  ])("leaves errors on standard error when the format asked for is %s", async (_, args) => {
    const ran = await run(compiled, args);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
  });
});
