import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkGuard, type GuardCommand, readGuardCommand } from "../../src/command/guard-command.ts";
import { FILTER_OPTIONS, SERVE_OPTIONS } from "../../src/command/guard-options.ts";
import { GUARD_DEFAULTS, type GuardSettings } from "../../src/guard/settings.ts";
import { ToldError, UsageError } from "../../src/text/errors.ts";
import { makeFolder } from "../cache/sqlite/fixtures.ts";

function serve(...argv: readonly string[]): GuardCommand {
  return readGuardCommand(argv, SERVE_OPTIONS);
}

function settingsOf(command: GuardCommand): GuardSettings {
  if (command.wants === "help") throw new Error("help has no settings");
  return command.settings;
}

/** A folder with a configuration file in it. */
function configured(text: string) {
  const folder = makeFolder();
  const config = join(folder.path, "guard.toml");
  writeFileSync(config, text);
  return { config, folder, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe("readGuardCommand() wants", () => {
  test.each<[string, readonly string[], GuardCommand["wants"]]>([
    ["to run", [], "run"],
    ["to run", ["--policy", "stdio"], "run"],
    ["help", ["--help"], "help"],
    ["help", ["-h", "--relent", "bad", "--config", "/nowhere", "operand"], "help"],
    ["a check", ["--check-config"], "check"],
  ])("%s for %j", (_, argv, wants) => {
    expect(serve(...argv).wants).toBe(wants);
  });
});

describe("readGuardCommand() reads", () => {
  test("a command line", () => {
    const argv = [
      "--stop",
      "mx2.test",
      "--stop=192.0.2.9",
      "-p",
      "2525",
      "-t3",
      "--action",
      "warn",
      "--stop-self",
    ];
    expect(settingsOf(serve(...argv))).toEqual({
      ...GUARD_DEFAULTS,
      stop: ["mx2.test", "192.0.2.9"],
      stopSelf: true,
      port: 2_525,
      timeoutMs: 3_000,
      action: "warn",
    });
  });

  test("a file, and the command line goes before it, option by option", () => {
    using at = configured('stop = ["a.test", "b.test"]\nrelent = 5\nport = 26\nstop-self = true\n');
    expect(settingsOf(serve("--config", at.config, "--stop", "c.test", "--port=27"))).toEqual({
      ...GUARD_DEFAULTS,
      stop: ["c.test"],
      stopSelf: true,
      relentMs: 300_000,
      port: 27,
    });
  });

  test("the last of several files", () => {
    using one = configured("port = 26");
    using other = configured("timeout = 3");
    expect(settingsOf(serve("--config", one.config, "--config", other.config))).toEqual({
      ...GUARD_DEFAULTS,
      timeoutMs: 3_000,
    });
  });

  test("the file again when it is told to, with the same command line", () => {
    using at = configured("port = 26\nrelent = 5\n");
    const command = serve("--config", at.config, "--port", "27");
    if (command.wants !== "run") throw new Error("it does not want to run");
    expect([command.settings.relentMs, command.settings.port]).toEqual([300_000, 27]);
    writeFileSync(at.config, "port = 28\nrelent = 6\n");
    expect([command.reread().relentMs, command.reread().port]).toEqual([360_000, 27]);
    writeFileSync(at.config, "relent = 'x'\n");
    expect(() => command.reread()).toThrow(
      new UsageError(`Cannot use this value for relent: want a number (${at.config}, line 1)`),
    );
    rmSync(at.config);
    expect(() => command.reread()).toThrow(
      new UsageError(`Cannot read the configuration ${at.config}: no such file`),
    );
  });

  test("nothing of a filter that only a server has", () => {
    expect(() => readGuardCommand(["--policy", "stdio"], FILTER_OPTIONS)).toThrow(
      new UsageError('Cannot read "--policy" as an option: want one of those that --help lists'),
    );
    using at = configured('policy = "stdio"');
    expect(() => readGuardCommand(["--config", at.config], FILTER_OPTIONS)).toThrow(
      new UsageError(
        `Cannot read "policy" as an option: want one of those that --help lists (${at.config}, line 1)`,
      ),
    );
  });
});

describe("readGuardCommand() throws a UsageError", () => {
  test.each<[string, readonly string[]]>([
    ['Cannot use "mx1.test": want options alone', ["mx1.test"]],
    ['Cannot use "": want options alone', [""]],
    ['Cannot use "--help": want options alone', ["--", "--help"]],
    ['Cannot read "--relend" as an option: want one of those that --help lists', ["--relend", "8"]],
    ["Option --config has no value: want --config FILE", ["--config"]],
    ["Option --check-config takes no value: want --check-config alone", ["--check-config=x"]],
    ['Cannot read "0" as a port: want 1 to 65535', ["--port", "0", "--check-config"]],
    ["Cannot read the configuration /nowhere/x.toml: no such file", ["--config", "/nowhere/x.toml"]],
    ["Cannot read the configuration /: a folder, not a file", ["--config", "/"]],
  ])("%s", (message, argv) => {
    expect(() => serve(...argv)).toThrow(new UsageError(message));
  });

  test("for a value in a file, with its line", () => {
    using at = configured("# a\n\nport = 99999\n");
    expect(() => serve("--config", at.config, "--check-config")).toThrow(
      new UsageError(
        `Cannot read "99999" as a port: too large, want 1 to 65535 (port in ${at.config}, line 3)`,
      ),
    );
  });
});

describe("checkGuard()", () => {
  const rejectionOf = (settings: GuardSettings, isServer = true) =>
    checkGuard(settings, isServer).then(
      () => "all right",
      (error: unknown) => (error instanceof ToldError ? error.message : `another error: ${error}`),
    );

  test.each<[readonly string[], string]>([
    [["--policy", "stdio"], "all right"],
    [["--socketmap", "stdio"], "all right"],
    [["--policy", "unix:/nowhere/a", "--socketmap", "fd:3", "--policy", "inet:127.0.0.1:0"], "all right"],
    [[], "Nothing to serve: want --policy or --socketmap with an address"],
    [["--policy", "stdio", "--policy", "stdio"], "Cannot use stdio beside another address: want it alone"],
    [["--policy", "fd:3", "--socketmap", "stdio"], "Cannot use stdio beside another address: want it alone"],
  ])("a server with %j: %s", async (argv, message) => {
    expect(await rejectionOf(settingsOf(serve(...argv)))).toBe(message);
  });

  test("a filter needs no address", async () => {
    expect(await rejectionOf(settingsOf(readGuardCommand([], FILTER_OPTIONS)), false)).toBe("all right");
  });

  test("files are read, and what is wrong with them is said", async () => {
    using folder = makeFolder();
    const [domains, allow] = [join(folder.path, "domains"), join(folder.path, "allow")];
    const settings = settingsOf(serve("--policy=stdio", "--domains", domains, "--allow", allow));
    expect(await rejectionOf(settings)).toMatch(/^Cannot read the file .*\/(?:domains|allow): no such file$/);
    writeFileSync(domains, "example.test\n");
    mkdirSync(allow);
    expect(await rejectionOf(settings)).toBe(`Cannot read the file ${allow}: a folder, not a file`);
    rmSync(allow, { recursive: true });
    writeFileSync(allow, "# nobody\n");
    expect(await rejectionOf(settings)).toBe("all right");
    writeFileSync(allow, "# nobody\n192.0.2.1/24\n");
    expect(await rejectionOf(settings)).toBe(
      `Cannot read "192.0.2.1/24" as a network: there are bits behind the prefix, want an address or a network, such as 192.0.2.0/24 or 2001:db8::/32 (${allow}, line 2)`,
    );
    writeFileSync(domains, "*.test\n");
    expect(await rejectionOf({ ...settings, allowFile: null })).toBe(
      `Cannot read "*.test" as a mail domain: "*" cannot stand in a name, want a domain name, such as example.org (${domains}, line 1)`,
    );
  });
});
