import { describe, expect, spyOn, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { standard } from "../../src/command/standard-streams.ts";
import { connectionsBefore } from "../fake/connections-before.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { capturedMain } from "./captured-main.ts";

const UP = "127.0.0.81";
const DOWN = "127.0.0.82";

const run = capturedMain();

/** Runs with a server that is up at UP and none at DOWN. */
async function runWithUp(...argv: readonly string[]) {
  using up = fakeSmtpServer(GREETS, { hostname: UP });
  return await run("-p", `${up.port}`, ...argv);
}

/** This machine fails every lookup itself. */
function failLookups(): void {
  spyOn(Bun.dns, "lookup").mockRejectedValue(Object.assign(new Error("no"), { code: "EMFILE" }));
}

describe("main() with --require", () => {
  const refused = `smtpdcheck: ${DOWN}: unavailable: ${DOWN} refused the connection (connect N ms)\n`;

  test.each<[string, string, number, string, string]>([
    ["none", `${UP} ${DOWN}`, 1, `${UP}\n`, ""],
    ["none", DOWN, 0, "", ""],
    ["any", `${DOWN} ${UP}`, 0, `${UP}\n`, ""],
    ["any", DOWN, 1, "", refused],
    ["all", UP, 0, `${UP}\n`, ""],
    ["all", `${UP} ${DOWN}`, 1, "", refused],
    ["all", DOWN, 1, "", refused],
  ])("%s of %s returns %d", async (requirement, servers, status, stdout, stderr) => {
    const ran = await runWithUp("--require", requirement, servers);
    expect({ ...ran, stderr: ran.stderr.replace(/\d+\.\d ms/g, "N ms") }).toEqual({ status, stdout, stderr });
  });

  test.each(["none", "any", "all"])("%s returns 2 when it cannot be told", async (requirement) => {
    failLookups();
    const { status, stdout, stderr } = await run("--require", requirement, "a.test");
    expect([status, stdout]).toEqual([2, ""]);
    const question = requirement === "all" ? "every server" : "a server";
    expect(stderr).toBe(
      `smtpdcheck: Cannot tell whether ${question} is available: a.test: could not be probed by this machine: EMFILE\n`,
    );
  });

  test("all prints no name when one fails, though another is known to be available", async () => {
    using late = fakeSmtpServer("(wait 60ms)\nS: 554 busy\nC: QUIT", { hostname: DOWN });
    const { status, stdout, stderr } = await runWithUp("--require=all", UP, `${DOWN}:${late.port}`);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toStartWith(
      `smtpdcheck: ${DOWN}:${late.port}: unavailable: ${DOWN} declined with "554 busy"`,
    );
  });

  test("names a failing server once, though it is verbose", async () => {
    const { stderr } = await runWithUp("--require", "any", "-v", DOWN);
    expect(stderr.split(DOWN).length - 1).toBe(2);
    expect(stderr).toStartWith(`${DOWN}: unavailable: `);
  });
});

describe("main() with --format", () => {
  test("json prints one object, of every server", async () => {
    const { status, stdout, stderr } = await runWithUp("--format", "json", `${UP} ${DOWN}`);
    expect([status, stderr, stdout.indexOf("\n")]).toEqual([1, "", stdout.length - 1]);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      verdict: "available",
      server: UP,
      requirement: "none-available",
      met: false,
      servers: [
        { server: UP, reason: "greeted" },
        { server: DOWN, reason: "refused" },
      ],
    });
  });

  test("table prints a line a server, and the exit status follows what is required", async () => {
    const { status, stdout } = await runWithUp("--format=table", "--require=any", `${UP} ${DOWN}`);
    expect(status).toBe(0);
    expect(stdout).toContain("+ available");
    expect(stdout).toContain("! unavailable");
  });

  test.each<[string, readonly string[], number, string]>([
    ["OK", [UP], 0, "OK"],
    ["WARNING", [`${UP} ${DOWN}`], 1, "WARNING"],
    ["CRITICAL", [DOWN], 2, "CRITICAL"],
    ["CRITICAL for a slow one", ["-c", "0", UP], 2, "CRITICAL"],
    ["WARNING for a slow one", ["-w", "0", "-c", "10", UP], 1, "WARNING"],
    ["OK for a quick one", ["-w", "~:10", "-c", "@10:20", UP], 0, "OK"],
    ["WARNING for one that is too quick", ["-w", "5:", UP], 1, "WARNING"],
    ["OK with as many as must be", ["--min-available", "1", `${UP} ${DOWN}`], 0, "OK"],
    ["CRITICAL with fewer", ["--min-available", "3,2", `${UP} ${DOWN}`], 2, "CRITICAL"],
    ["OK for one that -H gives", ["-H", UP], 0, "OK"],
    ["UNKNOWN when no server counts", ["--stop", UP, UP], 3, "UNKNOWN"],
    ["OK whatever is required", ["--require", "none", UP], 0, "OK"],
  ])("nagios says %s", async (_, words, status, name) => {
    const ran = await runWithUp("--format=nagios", ...words);
    expect([ran.status, ran.stderr]).toEqual([status, ""]);
    expect(ran.stdout).toStartWith(`SMTPDCHECK ${name} - `);
  });

  test.each<[readonly string[], string]>([
    [[], "No server given: want at least one, such as 10:mx1.example.org (--help lists options)"],
    [["--timout", "3"], 'Cannot read "--timout" as an option: want one of those that --help lists'],
    [
      ["-w", "x"],
      'Cannot read "x" as a threshold: want seconds, such as 2.5, or a range, such as 1:5 or @1:5',
    ],
  ])("nagios says UNKNOWN on standard output for %j", async (words, message) => {
    expect(await run("--format=nagios", ...words)).toEqual({
      status: 3,
      stdout: `SMTPDCHECK UNKNOWN - ${message}\n`,
      stderr: "",
    });
  });

  test("nagios says UNKNOWN when it cannot be told", async () => {
    failLookups();
    const { status, stdout } = await run("--format=nagios", "a.test");
    expect(status).toBe(3);
    expect(stdout).toStartWith("SMTPDCHECK UNKNOWN - ");
  });

  test.each([
    ["text", 2],
    ["json", 2],
    ["table", 2],
    ["nagios", 3],
  ] as const)("%s returns %d when standard output cannot be written", async (format, status) => {
    spyOn(standard, "output").mockRejectedValue(Object.assign(new Error("no"), { code: "ENOSPC" }));
    const ran = await runWithUp("--format", format, UP);
    expect(ran).toEqual({
      status,
      stdout: "",
      stderr: "smtpdcheck: Cannot write to standard output: no room on the disk\n",
    });
  });
});

describe("main() with --wait", () => {
  test("checks once with 0 seconds", async () => {
    expect(await runWithUp("--wait", "0", "--require", "any", UP)).toEqual({
      status: 0,
      stdout: `${UP}\n`,
      stderr: "",
    });
  });

  test("waits until a server comes up", async () => {
    using busy = fakeSmtpServer("S: 554 busy\nC: QUIT", { hostname: UP });
    const running = run("--wait", "20", "--require", "any", `${UP}:${busy.port}`);
    await busy.ended();
    busy[Symbol.dispose]();
    using _up = fakeSmtpServer(GREETS, { hostname: UP, port: busy.port });
    expect(await running).toEqual({
      status: 0,
      stdout: `${UP}\n`,
      stderr: `smtpdcheck: waiting: ${UP}:${busy.port}: ${UP} declined with "554 busy"\n`,
    });
  });
});

describe("main() with --cache", () => {
  test("answers from the cache, lists it and forgets it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "smtpdcheck-cli-"));
    const location = join(folder, "cache");
    try {
      using up = fakeSmtpServer(GREETS, { hostname: UP });
      const server = `${UP}:${up.port}`;
      expect(await run("--cache", location, server)).toEqual({ status: 1, stdout: `${UP}\n`, stderr: "" });
      process.env["SMTPDCHECK_CACHE"] = location;
      const { status, stderr } = await run("-v", server);
      expect([status, stderr]).toEqual([1, expect.stringContaining("(cached ")]);
      expect(await connectionsBefore(up)).toBe(1);
      await run("--no-cache", server);
      expect(await connectionsBefore(up)).toBe(2);
      expect((await run("cache")).stdout).toContain(`${UP}  ${up.port}`);
      expect(await run("cache", "clear")).toEqual({ status: 0, stdout: "1 forgotten\n", stderr: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("warns once of one that cannot be used, and checks all the same", async () => {
    const { status, stdout, stderr } = await runWithUp("--cache", "/dev/null/cache", UP);
    expect([status, stdout]).toEqual([1, `${UP}\n`]);
    expect(stderr).toMatch(/^smtpdcheck: [^\n]+; probing without it\n$/);
  });
});
