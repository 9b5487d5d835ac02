import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { blackhole, refusedPort } from "../fake/dead-port.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, compiled, inShell, PATIENCE_MS, run } from "./command.ts";
import { readError, readReport } from "./read-report.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";

setDefaultTimeout(PATIENCE_MS);

const rows: readonly (readonly [
  script: string,
  status: string,
  stage: string,
  reason: string,
  code: number | null,
  reply: string | null,
])[] = [
  [GREETS, "available", "greeting", "greeted", 220, "220 mx.example.test ESMTP"],
  [
    "S: 220-mx\nS: 220-two\nS: 220 three\nC: QUIT",
    "available",
    "greeting",
    "greeted",
    220,
    "220 mx two three",
  ],
  ["S: 220-mx", "available", "greeting", "greeted", 220, "220 mx"],
  [BUSY, "unavailable", "greeting", "busy", 421, "421 4.7.0 too busy"],
  ["S: 554", "unavailable", "greeting", "declined", 554, "554"],
  ["S: HTTP/1.1 400 Bad Request", "unavailable", "greeting", "not-smtp", null, "HTTP/1.1 400 Bad Request"],
  ["(close)", "unavailable", "greeting", "closed", null, null],
  ["(wait 50ms)\n(reset)", "unavailable", "greeting", "reset", null, null],
  [SILENT, "unavailable", "greeting", "timed-out", null, null],
];

describe.each(commands)("smtpdcheck $name --format json", (command) => {
  test.concurrent("tells what came of every server", async () => {
    using nobody = refusedPort("127.0.0.21");
    using deaf = blackhole("127.0.0.22");
    const servers = rows.map(([script], at) => fakeSmtpServer(script, { hostname: `127.0.0.${at + 11}` }));
    const args = ["--format", "json", "--timeout", "1", "--stop", "127.0.0.30"];
    const targets = [...servers, nobody, deaf].map(({ hostname, port }) => `10:${hostname}:${port}`);
    const ran = await run(command, [...args, ...targets, "20:127.0.0.30", "20:127.0.0.31", "30:127.0.0.32"]);
    expect(ran).toMatchObject({ status: 1, stderr: "" });
    const report = readReport(ran.stdout);
    expect(report).toMatchObject({
      verdict: "available",
      server: "127.0.0.11",
      requirement: "none-available",
      met: false,
    });
    expect(
      report.servers.map(({ status, stage, reason, code, reply }) => [status, stage, reason, code, reply]),
    ).toEqual([
      ...rows.map(([, ...wanted]) => wanted),
      ["unavailable", "connect", "refused", null, null],
      ["unavailable", "connect", "timed-out", null, null],
      ["skipped", null, "stop-host", null, null],
      ["skipped", null, "same-preference", null, null],
      ["skipped", null, "after-stop", null, null],
    ]);
    for (const server of servers) server[Symbol.dispose]();
  });
});

describe("smtpdcheck --format json", () => {
  test.concurrent("tells every attempt at a server, and the stages of its lookup", async () => {
    using dns = await fakeNameServer({
      "two.test": { A: ["127.0.0.12"], AAAA: ["::1"] },
      "gone.test": "NXDOMAIN",
      "failing.test": "SERVFAIL",
      "silent.test": "silent",
    });
    using servers = serversOnOnePort({ "127.0.0.12": GREETS, "::1": BUSY });
    const args = ["--format=json", "--timeout=1", "--dns", dns.address, "-p", String(servers.port)];
    const ran = await run(compiled, [...args, "5:gone.test", "failing.test", "silent.test", "Two.Test."]);
    const report = readReport(ran.stdout);
    expect(report.servers.map(({ server, stage, reason }) => [server, stage, reason])).toEqual([
      ["gone.test", "dns", "not-found"],
      ["failing.test", "dns", "dns-failure"],
      ["silent.test", "dns", "timed-out"],
      ["Two.Test.", "greeting", "greeted"],
    ]);
    expect(report.servers[3]).toMatchObject({
      host: "two.test",
      address: "127.0.0.12",
      preference: null,
      cached: false,
    });
    expect(report.servers[3]?.attempts.map(({ address, reason }) => [address, reason])).toEqual([
      ["::1", "busy"],
      ["127.0.0.12", "greeted"],
    ]);
  });

  test.concurrent("escapes what is not fit for a line", async () => {
    using server = fakeSmtpServer(
      String.raw`S| 554 a\x1b[31m\x07\xff\xed\xa0\x80 \u202eb\u2028c "d" \\e\r\n`,
    );
    const ran = await run(compiled, ["--format", "json", `127.0.0.1:${server.port}`]);
    const [found] = readReport(ran.stdout).servers;
    expect(found?.reply).toStartWith("554 a\\x1b[31m\\x07");
    expect(found?.reply).toEndWith('\\u{202e}b\\u{2028}c "d" \\e');
    expect(ran.stdout.isWellFormed()).toBe(true);
  });

  test.concurrent("tells that this machine left it open", async () => {
    using up = fakeSmtpServer(GREETS);
    const args = ["--format", "json", `127.0.0.1:${up.port}`];
    const ran = await run(compiled, args, { under: ["prlimit", "--nofile=5"] });
    expect(ran.status).toBe(2);
    expect(readReport(ran.stdout)).toMatchObject({
      verdict: "undetermined",
      server: null,
      met: false,
      servers: [{ status: "undetermined", reason: "no-resources" }],
    });
  });

  test.concurrent("waits for every server, though the verdict is clear", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    using slow = fakeSmtpServer(`(wait 400ms)\n${GREETS}`, { hostname: "127.0.0.12" });
    for (const requirement of ["none", "any", "all"]) {
      const args = ["--format", "json", "--require", requirement, "--fastest"];
      const ran = await run(compiled, [...args, `127.0.0.12:${slow.port}`, `127.0.0.11:${up.port}`]);
      expect(readReport(ran.stdout)).toMatchObject({
        server: "127.0.0.11",
        servers: [{ status: "available" }, { status: "available" }],
      });
    }
  });

  test.concurrent("--format table writes an error to standard error alone", async () => {
    const ran = await run(compiled, ["--format", "table", "--timeout", "x", "127.0.0.1"]);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
  });

  test.concurrent.each([
    ["usage", ["--timeout", "x", "127.0.0.1"]],
    ["usage", ["--timout"]],
    ["usage", []],
    ["usage", ["10:"]],
    ["lookup", ["--mx", "example.test"]],
    ["lookup", ["--stop", "example.test", "127.0.0.1"]],
    ["lookup", ["--mx", "example.test", "--require", "any", "--wait", "0.5"]],
    ["input", ["--servers-from", "/nonexistent"]],
    ["cache", ["cache", "--cache", "/dev/null/cache"]],
  ])("tells an error on standard output too: %s by %j", async (kind, args) => {
    using dns = await fakeNameServer({ "*": "SERVFAIL" });
    const ran = await run(compiled, ["--format", "json", "--dns", dns.address, ...args]);
    expect(ran.status).toBe(2);
    const { message } = readError(ran.stdout, kind);
    expect(ran.stderr).toEndWith(`smtpdcheck: ${message}\n`);
  });

  test.concurrent("says when", async () => {
    using up = fakeSmtpServer(GREETS);
    const startedAtMs = Date.now();
    const ran = await run(compiled, ["--format", "json", `127.0.0.1:${up.port}`]);
    expect(Date.parse(readReport(ran.stdout).checkedAt)).toBeWithin(startedAtMs, Date.now() + 1);
  });

  test.concurrent.each([
    ["json", 2],
    ["table", 2],
    ["nagios", 3],
  ] as const)("--format %s exits %p when standard output is full", async (format, status) => {
    using up = fakeSmtpServer(GREETS);
    const args = ["--format", format, `127.0.0.1:${up.port}`];
    const ran = await run(compiled, args, { under: inShell(`"$@" >/dev/full`) });
    expect(ran).toEqual({ status, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
  });

  test.concurrent.each(["", "xml", "JSON", "json,table"])("--format=%s exits 2", async (format) => {
    const ran = await run(compiled, [`--format=${format}`, "127.0.0.1"]);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringContaining("--format") });
  });

  test.concurrent("-v tells each server on standard error as well", async () => {
    using up = fakeSmtpServer(GREETS);
    const ran = await run(compiled, ["-v", "--format", "json", `127.0.0.1:${up.port}`]);
    expect(readReport(ran.stdout).server).toBe("127.0.0.1");
    expect(ran.stderr).toMatch(/^127\.0\.0\.1:\d+: available: [^\n]+\n$/);
  });
});
