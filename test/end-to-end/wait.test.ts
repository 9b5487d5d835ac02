import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeNameServer } from "../fake/name-server.ts";
import { BUSY, GREETS, SILENT } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import type { Zone } from "../fake/zone.ts";
import { commands, compiled, PATIENCE_MS, run, withoutTimes } from "./command.ts";
import { start } from "./under-way.ts";

setDefaultTimeout(PATIENCE_MS);

/** Servers come and go on addresses of their own, so that nobody else takes their port in between. */
const [COMES, CHANGES] = ["127.0.0.41", "127.0.0.42"] as const;

const badUsage: readonly (readonly [what: string, args: readonly string[]])[] = [
  ["no server", []],
  ["a bad server", ["10:"]],
  ["a bad timeout", ["--timeout", "x", "127.0.0.1"]],
  ["a bad name server", ["--dns", "x", "127.0.0.1"]],
  ["a bad domain", ["--mx", "a b"]],
  ["a bad stop host", ["--stop", "a b", "127.0.0.1"]],
  ["a bad requirement", ["--require", "some", "127.0.0.1"]],
];

/** A port where nobody is, and where somebody can come up later. */
function freePort(hostname: string): number {
  using server = fakeSmtpServer(SILENT, { hostname });
  return server.port;
}

function refuses(address: string, port: number): string {
  return `smtpdcheck: waiting: ${address}:${port}: ${address} refused the connection\n`;
}

/** How long a promise takes, in milliseconds, and what it resolves to. */
async function timed<T>(promise: Promise<T>): Promise<{ readonly elapsedMs: number; readonly value: T }> {
  const startedAtMs = performance.now();
  const value = await promise;
  return { elapsedMs: performance.now() - startedAtMs, value };
}

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent("--wait waits for a server to come up, and ends at once when it has", async () => {
    const port = freePort(COMES);
    const args = ["--require", "all", "--wait", "14", `${COMES}:${port}`];
    await using waiting = start(command, args);
    expect(await waiting.saidLines(1)).toBe(refuses(COMES, port));
    using _up = fakeSmtpServer(GREETS, { hostname: COMES, port });
    const { elapsedMs, value } = await timed(waiting.ended);
    expect(value).toEqual({ status: 0, stdout: `${COMES}\n`, stderr: refuses(COMES, port) });
    expect(elapsedMs).toBeLessThan(6_000);
  });
});

/** Greets at a port that was given up a moment ago; the system may hold it until its last connection is over. */
async function listenAgain(hostname: string, port: number) {
  for (;;) {
    try {
      return fakeSmtpServer(GREETS, { hostname, port });
    } catch {
      await Bun.sleep(10);
    }
  }
}

describe("smtpdcheck --wait", () => {
  test.concurrent("waits for a server to go down when none is required", async () => {
    const up = fakeSmtpServer(GREETS);
    await using waiting = start(compiled, ["--require=none", "--wait", "14", `127.0.0.1:${up.port}`]);
    const said = `smtpdcheck: waiting: 127.0.0.1:${up.port}: 127.0.0.1 said "220 mx.example.test ESMTP"\n`;
    expect(await waiting.saidLines(1)).toBe(said);
    up[Symbol.dispose]();
    expect(await waiting.ended).toEqual({ status: 0, stdout: "", stderr: said });
  });

  test.concurrent("tells each change of state, and nothing else, in one line", async () => {
    const port = freePort(CHANGES);
    await using waiting = start(compiled, ["--require=any", "--wait", "14", `${CHANGES}:${port}`]);
    await waiting.saidLines(1);
    using busy = fakeSmtpServer(BUSY, { hostname: CHANGES, port });
    await busy.ended(2);
    const declines = `smtpdcheck: waiting: ${CHANGES}:${port}: ${CHANGES} is busy: "421 4.7.0 too busy"\n`;
    expect(await waiting.saidLines(2)).toBe(refuses(CHANGES, port) + declines);
  });

  test.concurrent("names only the servers that are not yet as required", async () => {
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    using nobody = refusedPort("127.0.0.12");
    const targets = [`127.0.0.11:${up.port}`, `127.0.0.12:${nobody.port}`];
    const ran = await run(compiled, ["--require", "all", "--wait", "1.5", ...targets]);
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(withoutTimes(ran.stderr)).toBe(
      `smtpdcheck: waiting: 127.0.0.12:${nobody.port}: 127.0.0.12 refused the connection\n` +
        `smtpdcheck: 127.0.0.12:${nobody.port}: unavailable: 127.0.0.12 refused the connection (connect N ms)\n`,
    );
  });

  test.concurrent("exits as the last round when the time is over", async () => {
    using busy = fakeSmtpServer(BUSY);
    const args = ["--require", "any", "--wait", "1.5", `127.0.0.1:${busy.port}`];
    const { elapsedMs, value } = await timed(run(compiled, args));
    expect(value).toMatchObject({ status: 1, stdout: "" });
    const declines = `127.0.0.1 is busy: "421 4.7.0 too busy"`;
    expect(withoutTimes(value.stderr)).toBe(
      `smtpdcheck: waiting: 127.0.0.1:${busy.port}: ${declines}\n` +
        `smtpdcheck: 127.0.0.1:${busy.port}: unavailable: ${declines} (connect N ms, greeting N ms)\n`,
    );
    expect(elapsedMs).toBeWithin(1_200, 6_000);
    expect(busy.connectionCount).toBe(3);
  });

  test.concurrent("checks once when the requirement is met already", async () => {
    using up = fakeSmtpServer(GREETS);
    const args = ["--require", "any", "--wait", "14", `127.0.0.1:${up.port}`];
    expect(await run(compiled, args)).toEqual({ status: 0, stdout: "127.0.0.1\n", stderr: "" });
    expect(up.connectionCount).toBe(1);
  });

  test.concurrent("0 checks once, and believes no cache", async () => {
    using up = fakeSmtpServer(GREETS);
    using folder = makeFolder();
    const words = ["--cache", join(folder.path, "cache"), `127.0.0.1:${up.port}`];
    await run(compiled, words);
    const ran = await run(compiled, ["--require", "any", "--wait", "0", ...words]);
    expect(ran).toEqual({ status: 0, stdout: "127.0.0.1\n", stderr: "" });
    expect(up.connectionCount).toBe(2);
  });

  test.concurrent("waits until a monitor would say OK", async () => {
    using up = fakeSmtpServer(GREETS);
    const busy = fakeSmtpServer(BUSY, { hostname: "127.0.0.87" });
    const servers = [`127.0.0.1:${up.port}`, `127.0.0.87:${busy.port}`];
    await using waiting = start(compiled, ["--format", "nagios", "--wait", "14", ...servers]);
    await waiting.saidLines(1);
    await busy.ended();
    busy[Symbol.dispose]();
    using _up = await listenAgain("127.0.0.87", busy.port);
    expect(await waiting.ended).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^SMTPDCHECK OK - 2 of 2 available/),
    });
  });

  test.concurrent("asks at an interval of one's own, and no longer than --deadline", async () => {
    using busy = fakeSmtpServer(BUSY);
    const words = ["--require=any", "--wait=20", "--interval=0.2", "--deadline=1", `127.0.0.1:${busy.port}`];
    const { elapsedMs, value } = await timed(run(compiled, words));
    expect([value.status, elapsedMs < 6_000]).toEqual([1, true]);
    expect(busy.connectionCount).toBeWithin(3, 7);
  });

  test.concurrent("needs to know what for", async () => {
    const ran = await run(compiled, ["--wait", "5", "127.0.0.1:1"]);
    expect(ran).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("Cannot use --wait without --require: want --require any or all"),
    });
  });

  test.concurrent.each(["60", "0"])("ends in time though --timeout is %s", async (timeout) => {
    using silent = fakeSmtpServer(SILENT);
    const args = ["--require=any", "--wait", "1", "--timeout", timeout, `127.0.0.1:${silent.port}`];
    const { elapsedMs, value } = await timed(run(compiled, args));
    expect(value).toMatchObject({ status: 1, stdout: "" });
    expect(value.stderr).toContain("127.0.0.1 timed out in greeting");
    expect(elapsedMs).toBeWithin(950, 6_000);
  });

  test.concurrent("waits out a lookup that fails, and looks up again", async () => {
    const zone: Record<string, Zone[string]> = {
      "example.test": "SERVFAIL",
      "mx1.example.test": { A: ["127.0.0.11"] },
    };
    using dns = await fakeNameServer(zone);
    using up = fakeSmtpServer(GREETS, { hostname: "127.0.0.11" });
    const options = ["--require", "any", "--dns", dns.address, "-p", String(up.port)];
    await using waiting = start(compiled, ["--wait", "14", ...options, "--mx", "example.test"]);
    const failed = `smtpdcheck: waiting: Cannot look up the mail exchangers of "example.test": SERVFAIL\n`;
    expect(await waiting.saidLines(1)).toBe(failed);
    zone["example.test"] = { MX: [[10, "mx1.example.test"]] };
    expect(await waiting.ended).toEqual({ status: 0, stdout: "mx1.example.test\n", stderr: failed });
  });

  test.concurrent.each([
    ["domain", ["--mx", "example.test"]],
    ["stop host", ["--stop", "example.test", "127.0.0.1"]],
  ])("exits 2 when a %s cannot be looked up to the last", async (_, args) => {
    using dns = await fakeNameServer({ "*": "SERVFAIL" });
    const ran = await run(compiled, ["--require=any", "--wait", "1.5", "--dns", dns.address, ...args]);
    expect(ran).toMatchObject({ status: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^smtpdcheck: waiting: (Cannot look .*)\nsmtpdcheck: \1\n$/);
  });

  test.concurrent.each(badUsage)("does not wait out %s", async (_, args) => {
    const { elapsedMs, value } = await timed(run(compiled, ["--require=any", "--wait", "14", ...args]));
    expect(value).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
    expect(value.stderr).not.toContain("waiting");
    expect(elapsedMs).toBeLessThan(6_000);
  });

  test.concurrent.each(["x", "-1", "1e3", "Infinity", "", "5s"])("exits 2 for %p", async (seconds) => {
    const ran = await run(compiled, ["--require=any", `--wait=${seconds}`, "127.0.0.1"]);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
  });

  test.concurrent.each([
    [
      "json",
      /^\{"version":1,"checkedAt":"[^"]+","verdict":"unavailable",.*"requirement":"any-available","met":false,.*\}\n$/,
      1,
    ],
    ["table", /\nNo server is available \(--require any is not met\): 1 unavailable; N ms\n$/, 1],
    ["nagios", /^SMTPDCHECK CRITICAL - 0 of 1 available; [^\n]*\n[^\n]*\n$/, 2],
  ] as const)("reports the last round as %s", async (format, report, status) => {
    using nobody = refusedPort();
    const args = ["--format", format, "--require", "any", "--wait", "1.5", `127.0.0.1:${nobody.port}`];
    const ran = await run(compiled, args);
    expect(ran).toMatchObject({ status, stderr: refuses("127.0.0.1", nobody.port) });
    expect(withoutTimes(ran.stdout)).toMatch(report);
  });
});
