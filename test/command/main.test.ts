import { describe, expect, spyOn, test } from "bun:test";
import { version } from "../../package.json";
import { guardExitStatus } from "../../src/command/main.ts";
import { standard } from "../../src/command/standard-streams.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { GREETS_AND_LISTENS as GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { capturedMain } from "./captured-main.ts";

const run = capturedMain();

describe("main()", () => {
  test("prints the available server as it was given and returns 1", async () => {
    using server = fakeSmtpServer(GREETS);
    expect(await run("--timeout=5", `10:[127.0.0.1]:${server.port}`)).toEqual({
      status: 1,
      stdout: "[127.0.0.1]\n",
      stderr: "",
    });
  });

  test("prints nothing and returns 0 when none is available", async () => {
    using dead = refusedPort();
    expect(await run("-p", String(dead.port), "127.0.0.1")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("tells each server on standard error when it is verbose, and that no stop host is among them", async () => {
    using dead = refusedPort();
    const { status, stderr: told } = await run("-4v", `127.0.0.1:${dead.port}`, "--stop", "192.0.2.1");
    expect(status).toBe(0);
    expect(told).toMatch(
      /^127\.0\.0\.1:\d+: unavailable: 127\.0\.0\.1 refused the connection \(connect \d+\.\d ms\)\nsmtpdcheck: not in the list: --stop 192\.0\.2\.1; every server counts\n$/,
    );
  });

  test("prefers the first to answer with --fastest", async () => {
    using silent = fakeSmtpServer("", { hostname: "127.0.0.81" });
    using _good = fakeSmtpServer(GREETS, { hostname: "127.0.0.82", port: silent.port });
    expect(await run("--fastest", "--timeout", "0", "-p", `${silent.port}`, "127.0.0.81,127.0.0.82")).toEqual(
      {
        status: 1,
        stdout: "127.0.0.82\n",
        stderr: "",
      },
    );
  });

  test("stops before this machine with --stop-self", async () => {
    spyOn(Bun.dns, "lookup").mockRejectedValue(Object.assign(new Error("no"), { code: "DNS_ENOTFOUND" }));
    expect(await run("--stop-self", "-v", "127.0.0.1", "192.0.2.1")).toEqual({
      status: 0,
      stdout: "",
      stderr: "127.0.0.1: skipped: stop host\n192.0.2.1: skipped: after the stop host\n",
    });
  });

  test("shows help and version", async () => {
    expect(await run("--version")).toEqual({ status: 0, stdout: `smtpdcheck ${version}\n`, stderr: "" });
    const { status, stdout: help } = await run("--help", "--timeout", "nonsense");
    expect(status).toBe(0);
    expect(help).toContain("--stop-self");
  });

  test("returns 2 and says why when standard output cannot be written", async () => {
    using server = fakeSmtpServer(GREETS);
    spyOn(standard, "output").mockRejectedValue(Object.assign(new Error("no"), { code: "ENOSPC" }));
    expect(await run(`127.0.0.1:${server.port}`)).toEqual({
      status: 2,
      stdout: "",
      stderr: "smtpdcheck: Cannot write to standard output: no room on the disk\n",
    });
  });
});

describe("main() returns 2 and one line for", () => {
  const seconds = "as a timeout: want seconds, such as 2.5";
  test.each<[readonly string[], string]>([
    [[], "No server given: want at least one, such as 10:mx1.example.org (--help lists options)"],
    [["--"], "No server given: want at least one, such as 10:mx1.example.org (--help lists options)"],
    [[" , "], "No server given: want at least one, such as 10:mx1.example.org"],
    [["--timeout", "10x", "a.test"], `Cannot read "10x" ${seconds}`],
    [["--timeout", "-1", "a.test"], `Cannot read "-1" ${seconds}`],
    [["--timeout", "1e3", "a.test"], `Cannot read "1e3" ${seconds}`],
    [["--timeout", ".", "a.test"], `Cannot read "." ${seconds}`],
    [["--timeout", "Infinity", "a.test"], `Cannot read "Infinity" ${seconds}`],
    [["--timeout", "0x10", "a.test"], `Cannot read "0x10" ${seconds}`],
    [["--timeout", "1,5", "a.test"], `Cannot read "1,5" ${seconds}`],
    [["--timeout", " 1", "a.test"], `Cannot read " 1" ${seconds}`],
    [
      ["--timeout", "2147483.648", "a.test"],
      'Cannot read "2147483.648" as a timeout: too large, want at most 2147483 seconds',
    ],
    [["--timeout", "\x1b[31m", "a.test"], `Cannot read "\\x1b[31m" ${seconds}`],
    [["-p", "0", "a.test"], 'Cannot read "0" as a port: want 1 to 65535'],
    [["-p", "smtp", "a.test"], 'Cannot read "smtp" as a port: want 1 to 65535'],
    [["-4", "-6", "a.test"], "Cannot use -4 and -6 together: want one of them"],
    [["-46", "a.test"], "Cannot use -4 and -6 together: want one of them"],
    [["--timout", "3"], 'Cannot read "--timout" as an option: want one of those that --help lists'],
    [
      ["--stop", "a b", "a.test"],
      'Cannot read "a b" as a stop host: " " cannot stand in a name, want a host name or an address, such as mx2.example.org',
    ],
    [["a.test:0"], 'Cannot read "0" as a port: want 1 to 65535'],
  ])("%j", async (argv, message) => {
    expect(await run(...argv)).toEqual({ status: 2, stdout: "", stderr: `smtpdcheck: ${message}\n` });
  });

  test("a server that could not be judged because of this machine", async () => {
    spyOn(Bun.dns, "lookup").mockRejectedValue(Object.assign(new Error("no"), { code: "EMFILE" }));
    expect(await run("a.test", "b.test")).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(
        /^smtpdcheck: Cannot tell whether a server is available: [ab]\.test: could not be probed by this machine: EMFILE \(and 1 more\)\n$/,
      ),
    });
  });
});

describe("main() takes as a timeout", () => {
  test.each(["0", "0.5", ".5", "5.", "2147483.647", "00010"])("%s", async (seconds) => {
    using dead = refusedPort();
    expect(await run("--timeout", seconds, `127.0.0.1:${dead.port}`)).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });
});

test("guardExitStatus() ends with 2 and one line, whatever escapes, and with what a monitor reads", async () => {
  const handlers = new Map<string, (error: unknown) => void>();
  spyOn(process, "on").mockImplementation(((event: string, handler: (error: unknown) => void) => {
    handlers.set(event, handler);
    return process;
  }) as never);
  const exit = spyOn(process, "exit").mockImplementation((() => {}) as never);
  let stderr = "";
  spyOn(standard, "error").mockImplementation((text) => {
    stderr += text;
  });
  const stdout = spyOn(standard, "output").mockResolvedValue();
  guardExitStatus([]);
  handlers.get("uncaughtException")?.(new TypeError("odd\nthing"));
  handlers.get("unhandledRejection")?.("\x1b[31m");
  expect(stderr).toBe("smtpdcheck: TypeError: odd\\nthing\nsmtpdcheck: \\x1b[31m\n");
  while (exit.mock.calls.length < 2) await Bun.file("/dev/null").text();
  guardExitStatus(["--format", "nagios"]);
  handlers.get("uncaughtException")?.(new TypeError("odd"));
  while (exit.mock.calls.length < 3) await Bun.file("/dev/null").text();
  expect(exit.mock.calls).toEqual([[2], [2], [3]]);
  expect(stdout.mock.calls).toEqual([["SMTPDCHECK UNKNOWN - TypeError: odd\n"]]);
});
