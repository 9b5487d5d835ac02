import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { BUSY, GREETS } from "../fake/scripts.ts";
import { fakeSmtpServer } from "../fake/smtp-server.ts";
import { commands, PATIENCE_MS, run } from "./command.ts";

setDefaultTimeout(PATIENCE_MS);

const UP = "127.0.0.1";

const bad: readonly (readonly [name: string, ...args: string[]])[] = [
  ["no server at all"],
  ["only an option", "-v"],
  ["nothing but separators", " , \n"],
  ["an empty server", ""],
  ["an unknown option", "--quiet", UP],
  ["an unknown short option", "-x", UP],
  ["a misspelled option", "--timout", "3", UP],
  ["a negated option", "--no-verbose", UP],
  ["a value for a switch", "--fastest=yes", UP],
  ["a missing value", UP, "--timeout"],
  ["a missing stop host", UP, "--stop"],
  ["an empty value", "--timeout=", UP],
  ["an empty value as a word", "--timeout", "", UP],
  ["an empty stop host", "--stop=", UP],
  ["an impossible stop host", "--stop", "a b", UP],
  ["a timeout with a unit", "--timeout", "10x", UP],
  ["a negative timeout", "--timeout", "-1", UP],
  ["a negative timeout after =", "--timeout=-1", UP],
  ["a timeout that is no number", "--timeout", "NaN", UP],
  ["an endless timeout", "--timeout", "Infinity", UP],
  ["a timeout with an exponent", "--timeout", "1e3", UP],
  ["a hexadecimal timeout", "--timeout", "0x10", UP],
  ["port 0", "-p", "0", UP],
  ["port 65536", "--port", "65536", UP],
  ["a port that is no number", "--port=abc", UP],
  ["a server's port 0", `${UP}:0`],
  ["a server's port 65536", `${UP}:65536`],
  ["a server's port that is no number", `${UP}:smtp`],
  ["a server's empty port", `${UP}:`],
  ["preference 65536", `65536:${UP}`],
  ["a negative preference", `-1:${UP}`],
  ["a preference and no host", "10:"],
  ["an empty host", ":25"],
  ["a bad IPv6 address", "[2001:db8::g]"],
  ["an IPv6 address with a missing bracket", "[2001:db8::1"],
  ["a bare IPv6 address with a preference and a port", "10:2001:db8:0:0:0:0:0:1:25"],
  ["a bad IPv4 address", "127.0.0.256"],
  ["a host with forbidden letters", "mx$(id).example.test"],
  ["an empty label", "mx..example.test"],
  ["control characters", "mx\u001b[31m\n\u0007\u009b\u202e!.example.test"],
  ["control characters in an option", "--\u001b[31m\nred", UP],
  ["control characters in a value", "--timeout", "1\u001b[31m\n2", UP],
];

describe.each(commands)("smtpdcheck $name", (command) => {
  test.concurrent.each(bad)("exits 2 for %s", async (_, ...args) => {
    const ran = await run(command, args);
    expect(ran).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^smtpdcheck: [^\n]+\n$/) });
    expect(ran.stderr).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\bat .*:\d|Error\b/u);
  });

  test.concurrent.each([
    ["--timeout", ["--timeout", "10x", UP], '"10x"'],
    ["an option", ["--timout", "3", UP], "--timout"],
    ["a port", ["-p", "65536", UP], '"65536"'],
    ["a server", ["10:mx1:mx2"], '"10:mx1:mx2"'],
  ])("names what it cannot read as %s", async (_, args, quoted) => {
    expect((await run(command, args)).stderr).toContain(quoted);
  });

  test.concurrent.each([
    ["in front", (port: string) => ["--timeout", "5", "--port", port, "10:127.0.0.1"]],
    ["behind", (port: string) => ["10:127.0.0.1", "--timeout", "5", "--port", port]],
    ["between", (port: string) => ["20:127.0.0.1:1", "--timeout", "5", "127.0.0.1", "-p", port]],
    ["with =", (port: string) => [`--port=${port}`, "127.0.0.1", "--timeout=5.5"]],
    ["before --", (port: string) => ["-p", port, "--", "127.0.0.1"]],
    ["short ones together", (port: string) => ["-4v", "-p", port, "127.0.0.1"]],
    ["twice", (port: string) => ["-v", "-v", "-p", port, "127.0.0.1"]],
  ])("takes options %s", async (_, args) => {
    using server = fakeSmtpServer(GREETS);
    expect(await run(command, args(String(server.port)))).toMatchObject({ status: 1, stdout: "127.0.0.1\n" });
  });

  test.concurrent.each([
    ["commas", ","],
    ["blanks", " "],
    ["newlines", "\n"],
    ["commas and blanks", ", "],
    ["line ends", "\r\n"],
  ])("takes several servers in one argument, separated by %s", async (_, separator) => {
    using busy = fakeSmtpServer(BUSY, { hostname: "127.0.0.11" });
    using _up = fakeSmtpServer(GREETS, { hostname: "127.0.0.12", port: busy.port });
    const list = ["10:127.0.0.11", "20:127.0.0.12"].join(separator);
    const ran = await run(command, ["-p", String(busy.port), list]);
    expect(ran).toEqual({ status: 1, stdout: "127.0.0.12\n", stderr: "" });
  });

  test.concurrent("-- ends the options", async () => {
    const { status, stderr } = await run(command, ["-4", "--", "--stop=a"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('"--stop=a" as a server'),
    });
  });

  test.concurrent("--help tells every option and exits 0", async () => {
    const { status, stdout, stderr } = await run(command, ["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const option of ["--stop", "--stop-self", "--timeout", "--port", "--fastest", "--verbose"]) {
      expect(stdout).toContain(option);
    }
    expect(stdout).not.toContain("\u001b");
  });

  test.concurrent("--version tells the version and exits 0", async () => {
    const { version } = await Bun.file(new URL("../../package.json", import.meta.url)).json();
    const ran = await run(command, ["--version"]);
    expect(ran).toEqual({ status: 0, stdout: expect.stringContaining(version), stderr: "" });
  });
});
