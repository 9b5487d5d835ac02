import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { parsePluginOutput } from "../report/perfdata-parser.ts";
import { commands, compiled, PATIENCE_MS, run, withoutTimes } from "./command.ts";
import { readReport } from "./read-report.ts";
import { serversOnOnePort } from "./servers-on-one-port.ts";

setDefaultTimeout(PATIENCE_MS);

const [S1, S2, S3] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"] as const;
const CACHED = /^(.*): (\w+): (.*) \(cached \d+ s ago\)\n$/;

const octalMode = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** Runs with these options and again with those; what the server saw of it, and how often. */
async function askTwice(script: string, first: readonly string[], second: readonly string[] = first) {
  using folder = makeFolder();
  using server = fakeSmtpServer(script);
  const args = ["--cache", folder.cache, `127.0.0.1:${server.port}`];
  const ran = [await run(compiled, [...first, ...args]), await run(compiled, [...second, ...args])];
  expect(ran.map(({ stderr }) => stderr)).toEqual(["", ""]);
  return { connections: server.connectionCount, statuses: ran.map(({ status }) => status) };
}

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent("--cache keeps what was learnt in a file, and asks nobody again", async () => {
    using folder = makeFolder();
    using server = fakeSmtpServer(GREETS);
    const path = join(folder.path, "a/b/cache.db");
    const args = ["-v", "--cache", path, `127.0.0.1:${server.port}`];
    const first = await run(command, args);
    expect(octalMode(path)).toBe("600");
    expect([dirname(path), dirname(dirname(path))].map(octalMode)).toEqual(["700", "700"]);
    const second = await run(command, args);
    expect({ ...first, stderr: withoutTimes(first.stderr) }).toEqual({
      status: 1,
      stdout: "127.0.0.1\n",
      stderr: `127.0.0.1:${server.port}: available: 127.0.0.1 said "220 mx.example.test ESMTP" (connect N ms, greeting N ms)\n`,
    });
    expect({ ...second, stderr: second.stderr.replace(/cached \d+ s/, "cached N s") }).toEqual({
      status: 1,
      stdout: "127.0.0.1\n",
      stderr: `127.0.0.1:${server.port}: available: 127.0.0.1 said "220 mx.example.test ESMTP" (cached N s ago)\n`,
    });
    expect(server.connectionCount).toBe(1);
  });
});

describe("smtpdcheck --cache", () => {
  test.concurrent.each([
    ["busy", BUSY],
    ["not SMTP", "S: HTTP/1.1 400 Bad Request"],
    ["closed", "(close)"],
    ["silent", SILENT],
  ])("keeps that a server is down: %s", async (_, script) => {
    using folder = makeFolder();
    using server = fakeSmtpServer(script);
    const args = ["-v", "--timeout=0.5", "--cache", folder.cache, `127.0.0.1:${server.port}`];
    const [first, second] = [await run(compiled, args), await run(compiled, args)];
    expect([first.status, second.status]).toEqual([0, 0]);
    const [, ...evidence] = CACHED.exec(second.stderr) ?? [];
    expect(evidence).not.toEqual([]);
    expect(first.stderr).toStartWith(`${evidence[0]}: ${evidence[1]}: ${evidence[2]} (connect `);
    expect(server.connectionCount).toBe(1);
  });

  test.concurrent("keeps names that were not found, and asks no name server again", async () => {
    using folder = makeFolder();
    using dns = await fakeNameServer({ "up.test": { A: [S1] }, "failing.test": "SERVFAIL" });
    using up = fakeSmtpServer(GREETS, { hostname: S1 });
    const options = ["--format=json", "--cache", folder.cache, "--dns", dns.address, "-p", String(up.port)];
    const args = [...options, "gone.test", "failing.test", "up.test"];
    const first = readReport((await run(compiled, args)).stdout);
    const asked = dns.questions.length;
    const second = readReport((await run(compiled, args)).stdout);
    expect(second.servers.map(({ reason, cached }) => [reason, cached])).toEqual([
      ["not-found", true],
      ["dns-failure", true],
      ["greeted", true],
    ]);
    const same = { checkedAt: "", elapsedMs: 0, servers: [] };
    expect({ ...second, ...same }).toEqual({ ...first, ...same });
    expect(dns.questions.length).toBe(asked);
    expect(up.connectionCount).toBe(1);
  });

  test.concurrent("marks cached answers in every report", async () => {
    using folder = makeFolder();
    using up = fakeSmtpServer(GREETS);
    const args = ["--cache", folder.cache, `127.0.0.1:${up.port}`];
    expect(readReport((await run(compiled, ["--format", "json", ...args])).stdout).servers[0]?.cached).toBe(
      false,
    );
    const json = readReport((await run(compiled, ["--format", "json", ...args])).stdout);
    expect(json.servers).toMatchObject([
      { status: "available", code: 220, address: "127.0.0.1", cached: true, attempts: [], elapsedMs: null },
    ]);
    const table = await run(compiled, ["--format", "table", ...args]);
    expect(table.stdout).toMatch(/ {2}\(cached \d+ s ago\) said "220 mx\.example\.test ESMTP"\n/);
    const plugin = await run(compiled, ["--format", "nagios", "-c", "0.000001", ...args]);
    expect(plugin.status).toBe(0);
    const { metrics, long } = parsePluginOutput(plugin.stdout);
    expect(metrics).toMatchObject([{ value: "U" }]);
    expect(long).toEqual([expect.stringMatching(/ \(cached \d+ s ago\)$/)]);
    expect(up.connectionCount).toBe(1);
  });

  test.concurrent.each([
    ["--cache-up 0 keeps nothing", GREETS, ["--cache-up", "0"], 2],
    ["--cache-up keeps no longer than it says", GREETS, ["--cache-up", "0.001"], 2],
    ["--cache-up may be decimals", GREETS, ["--cache-up=99.5"], 1],
    ["--cache-up means servers that are up", BUSY, ["--cache-up", "0"], 1],
    ["--cache-down 0 keeps nothing", BUSY, ["--cache-down", "0"], 2],
    ["--cache-down keeps no longer than it says", BUSY, ["--cache-down", "0.001"], 2],
    ["--cache-down means servers that are down", GREETS, ["--cache-down", "0"], 1],
  ] as const)("with %s", async (_, script, options, connections) => {
    expect(await askTwice(script, options)).toMatchObject({ connections });
  });

  test.concurrent("with --cache-up takes nothing older, whoever kept it", async () => {
    expect(await askTwice(GREETS, [], ["--cache-up", "0.001"])).toMatchObject({ connections: 2 });
  });

  test.concurrent.each([
    ["a shorter timeout", ["--timeout", "0.5"], ["--timeout", "0.4"], 1],
    ["a longer timeout", ["--timeout", "0.4"], ["--timeout", "0.5"], 2],
  ] as const)("a server that was silent, asked with %s", async (_, first, second, connections) => {
    expect(await askTwice(SILENT, first, second)).toEqual({ connections, statuses: [0, 0] });
  });

  test.concurrent.each([
    ["another address family", ["-4"]],
    ["no cache", ["--no-cache"]],
    ["waiting", ["--require", "none", "--wait", "0.1"]],
  ])("is not asked with %s", async (_, second) => {
    expect(await askTwice(BUSY, [], second)).toEqual({ connections: 2, statuses: [0, 0] });
  });

  test.concurrent("answers a command line that differs in anything else", async () => {
    const second = ["--require", "any", "--fastest", "--format=json", "10:127.0.0.1:1"];
    expect(await askTwice(BUSY, [], second)).toEqual({ connections: 1, statuses: [0, 1] });
  });

  test.concurrent("tells servers on two ports apart", async () => {
    using folder = makeFolder();
    using down = fakeSmtpServer(BUSY);
    using up = fakeSmtpServer(GREETS);
    const args = ["--cache", folder.cache];
    expect((await run(compiled, [...args, `127.0.0.1:${down.port}`])).status).toBe(0);
    expect((await run(compiled, [...args, "-p", String(up.port), "127.0.0.1"])).status).toBe(1);
  });

  test.concurrent("leaves the stop rule as it is", async () => {
    using folder = makeFolder();
    using up = serversOnOnePort({ [S1]: GREETS, [S2]: GREETS, [S3]: GREETS });
    const list = ["-p", String(up.port), `10:${S1}`, `20:${S2}`, `20:${S3}`];
    const ask = (...args: readonly string[]) => run(compiled, ["--cache", folder.cache, ...args, ...list]);
    expect((await ask("--format=json")).status).toBe(1);
    expect(await ask()).toMatchObject({ status: 1, stdout: `${S1}\n` });
    expect(await ask("--stop", S1)).toEqual({ status: 0, stdout: "", stderr: "" });
    const { servers } = readReport((await ask("--stop", S3, "--format", "json")).stdout);
    expect(servers.map(({ reason, cached }) => [reason, cached])).toEqual([
      ["greeted", true],
      ["same-preference", false],
      ["stop-host", false],
    ]);
    expect(up.connectionCounts).toEqual([1, 1, 1]);
  });

  test.concurrent("never costs an answer, and never keeps what this machine left open", async () => {
    using up = fakeSmtpServer(GREETS);
    const limits = Array.from({ length: 14 }, (_, at) => at + 5);
    const runs = limits.map(async (limit) => {
      using folder = makeFolder();
      const args = ["--cache", folder.cache];
      const under = ["prlimit", `--nofile=${limit}`];
      const { status, stderr } = await run(compiled, [...args, `127.0.0.1:${up.port}`], { under });
      const hasCache = !stderr.includes("Cannot use the cache");
      const { kept } = JSON.parse((await run(compiled, ["cache", "--format", "json", ...args])).stdout);
      return `exit ${status} ${hasCache ? "with" : "without"} cache, keeping ${kept.length}`;
    });
    const outcomes = new Set(await Promise.all(runs));
    expect(outcomes).toContain("exit 2 without cache, keeping 0");
    expect(outcomes).toContain("exit 1 with cache, keeping 1");
    expect([...outcomes].filter((outcome) => outcome.startsWith("exit 2 with cache"))).toEqual([]);
  });
});
