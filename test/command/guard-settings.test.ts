import { describe, expect, test } from "bun:test";
import type { GivenOptions } from "../../src/command/guard-config.ts";
import type { GuardOptionName } from "../../src/command/guard-options.ts";
import { readGuardSettings } from "../../src/command/guard-settings.ts";
import type { GuardSettings } from "../../src/guard/settings.ts";
import { UsageError } from "../../src/text/errors.ts";

/** What holds when nothing is given, as the issue has it. */
const DEFAULTS: GuardSettings = {
  policy: [],
  socketmap: [],
  stop: [],
  stopSelf: false,
  domainsFile: null,
  allowFile: null,
  action: "defer-if-permit",
  message: "Please use %s",
  relentMs: 480_000,
  answerWithinMs: 5_000,
  mailCheckMs: 60_000,
  cache: null,
  dns: [],
  port: 25,
  timeoutMs: 10_000,
  helo: null,
  mayProbeLoopback: false,
  logFormat: "logfmt",
  logLevel: "info",
};

function given(
  options: Partial<Record<GuardOptionName, readonly string[]>>,
  where: string | null = null,
): GivenOptions {
  const all = new Map<GuardOptionName, { values: readonly string[]; where: string | null }>();
  for (const [name, values] of Object.entries(options)) all.set(name as GuardOptionName, { values, where });
  return all;
}

describe("readGuardSettings() reads", () => {
  test("nothing as what holds then", () => {
    expect(readGuardSettings(given({}))).toEqual(DEFAULTS);
  });

  test("everything", () => {
    const options = {
      policy: ["unix:/run/guard?mode=0660", "fd:3"],
      socketmap: ["inet:127.0.0.1:10041"],
      stop: ["MX2.Example.Test.", "127.1"],
      "stop-self": ["true"],
      domains: ["/etc/domains"],
      allow: ["/etc/allow"],
      action: ["451"],
      message: ["Use %s (%r)"],
      relent: ["0.5"],
      "answer-within": [".25"],
      "mail-check": ["90"],
      cache: ["/var/cache/guard.db"],
      dns: ["192.0.2.53", "[2001:db8::53]:5353"],
      port: ["2525"],
      timeout: ["3"],
      helo: ["mx2.example.test"],
      "probe-loopback": ["true"],
      "log-format": ["json"],
      "log-level": ["debug"],
    };
    expect(readGuardSettings(given(options))).toEqual({
      policy: [
        { kind: "unix", path: "/run/guard", mode: 0o660, owner: null, group: null },
        { kind: "descriptor", descriptor: 3 },
      ],
      socketmap: [{ kind: "inet", host: "127.0.0.1", port: 10_041 }],
      stop: ["MX2.Example.Test.", "127.1"],
      stopSelf: true,
      domainsFile: "/etc/domains",
      allowFile: "/etc/allow",
      action: "451",
      message: "Use %s (%r)",
      relentMs: 30_000,
      answerWithinMs: 250,
      mailCheckMs: 90_000,
      cache: { kind: "file", path: "/var/cache/guard.db", shown: "/var/cache/guard.db" },
      dns: ["192.0.2.53", "[2001:db8::53]:5353"],
      port: 2_525,
      timeoutMs: 3_000,
      helo: "mx2.example.test",
      mayProbeLoopback: true,
      logFormat: "json",
      logLevel: "debug",
    });
  });

  test.each<[GuardOptionName, readonly string[], Partial<GuardSettings>]>([
    ["relent", ["0"], { relentMs: 0 }],
    ["relent", ["1440"], { relentMs: 86_400_000 }],
    ["relent", ["8", "9."], { relentMs: 540_000 }],
    ["mail-check", ["0"], { mailCheckMs: 0 }],
    ["action", ["warn", "450", "defer"], { action: "defer" }],
    ["port", ["1", "65535"], { port: 65_535 }],
    ["stop-self", [], {}],
    ["probe-loopback", [], {}],
    ["stop", [], {}],
    ["helo", ["[192.0.2.1]"], { helo: "[192.0.2.1]" }],
    ["cache", ["memory:"], { cache: { kind: "memory", shown: "memory:" } }],
    [
      "cache",
      ["valkey://me:secret@cache.test"],
      {
        cache: { kind: "server", url: "redis://me:secret@cache.test", shown: "valkey://…@cache.test" },
      },
    ],
  ])("%s %j", (name, values, news) => {
    expect(readGuardSettings(given({ [name]: values }))).toEqual({ ...DEFAULTS, ...news });
  });
});

describe("readGuardSettings() throws a UsageError", () => {
  const MESSAGE =
    "Cannot read the message: want at most 200 printable ASCII characters, with %s, %t, %r or %% in it";
  const MINUTES = "as --relent: want minutes, such as 8 or 0.5";
  const LISTEN =
    "as an address to listen on: want unix:/path?mode=0660&owner=NAME&group=NAME, inet:127.0.0.1:10040, fd:3 or stdio";
  test.each<[GuardOptionName, string, string]>([
    ["policy", "x", `Cannot read "x" ${LISTEN}`],
    ["socketmap", "", `Cannot read "" ${LISTEN}`],
    [
      "stop",
      "a b",
      'Cannot read "a b" as a stop host: " " cannot stand in a name, want a host name or an address, such as mx2.example.org',
    ],
    ["action", "Defer", 'Cannot read "Defer" as --action: want defer-if-permit, defer, 450, 451, warn'],
    ["action", "", 'Cannot read "" as --action: want defer-if-permit, defer, 450, 451, warn'],
    ["message", "100%", MESSAGE],
    ["message", "", MESSAGE],
    ["message", "a\nb", MESSAGE],
    ["relent", "", `Cannot read "" ${MINUTES}`],
    ["relent", "8m", `Cannot read "8m" ${MINUTES}`],
    ["relent", "-1", `Cannot read "-1" ${MINUTES}`],
    ["relent", "1e3", `Cannot read "1e3" ${MINUTES}`],
    ["relent", "Infinity", `Cannot read "Infinity" ${MINUTES}`],
    ["relent", "NaN", `Cannot read "NaN" ${MINUTES}`],
    ["relent", "0x8", `Cannot read "0x8" ${MINUTES}`],
    [
      "relent",
      "1440.1",
      'Cannot read "1440.1" as --relent: too large, want at most 1440 minutes, or 0 for never',
    ],
    [
      "relent",
      "9".repeat(400),
      `Cannot read "${"9".repeat(80)}…" as --relent: too large, want at most 1440 minutes, or 0 for never`,
    ],
    ["answer-within", "0", 'Cannot read "0" as a time to answer within: want more than 0 seconds'],
    ["answer-within", "5s", 'Cannot read "5s" as a time to answer within: want seconds, such as 2.5'],
    ["mail-check", "-5", 'Cannot read "-5" as a time between mail checks: want seconds, such as 2.5'],
    [
      "mail-check",
      "9999999999",
      'Cannot read "9999999999" as a time between mail checks: too large, want at most 2147483 seconds',
    ],
    ["timeout", "0.0", 'Cannot read "0.0" as a timeout: want more than 0 seconds'],
    ["port", "0", 'Cannot read "0" as a port: want 1 to 65535'],
    ["port", "65536", 'Cannot read "65536" as a port: too large, want 1 to 65535'],
    ["port", "25.5", 'Cannot read "25.5" as a port: want 1 to 65535'],
    [
      "dns",
      "mx.test",
      'Cannot read "mx.test" as a name server: want an address, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353',
    ],
    [
      "cache",
      "redis://",
      'Cannot read "redis://" as a cache location: want a file path, redis://host[:port][/database], rediss:// or redis+unix:///path',
    ],
    [
      "helo",
      "a b",
      'Cannot read "a b" as a name for EHLO: want a host name, or an address literal such as [192.0.2.1]',
    ],
    ["log-format", "xml", 'Cannot read "xml" as --log-format: want logfmt, json'],
    ["log-level", "trace", 'Cannot read "trace" as --log-level: want error, warn, info, debug'],
  ])("for %s %j, with where it stands when that is a file", (name, value, message) => {
    expect(() => readGuardSettings(given({ [name]: [value] }))).toThrow(new UsageError(message));
    expect(() => readGuardSettings(given({ [name]: [value] }, "guard.toml, line 3"))).toThrow(
      new UsageError(`${message} (${name} in guard.toml, line 3)`),
    );
  });

  test("for one bad value among good ones, though the last one counts", () => {
    expect(() => readGuardSettings(given({ port: ["x", "25"] }))).toThrow(UsageError);
    expect(() => readGuardSettings(given({ stop: ["mx2.test", "", "mx3.test"] }))).toThrow(UsageError);
  });
});
