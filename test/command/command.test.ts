import { describe, expect, test } from "bun:test";
import { type Command, formatOf, readCommand } from "../../src/command/command.ts";
import { parseRange } from "../../src/report/range.ts";
import { UsageError } from "../../src/text/errors.ts";

const CLASSIC: Command = {
  operands: [],
  serversFrom: [],
  wants: "check",
  options: {
    mx: [],
    dns: [],
    stop: [],
    stopSelf: false,
    deadlineMs: 0,
    sort: false,
    order: "list",
    requirement: "none",
    until: "decided",
  },
  format: "text",
  isRequirementGiven: false,
  isVerbose: false,
  waiting: null,
  thresholds: {},
  cache: null,
  dialogue: null,
};

describe("readCommand() reads", () => {
  test("nothing as the classic command", () => {
    expect(readCommand([], {})).toEqual(CLASSIC);
  });

  test.each<[string, Partial<Command>]>([
    ["a.test 10:b.test", { operands: ["a.test", "10:b.test"] }],
    ["-H a.test b.test --hostname 10:c.test:26", { operands: ["a.test", "10:c.test:26", "b.test"] }],
    ["-H cache", { operands: ["cache"] }],
    ["-V", { wants: "version" }],
    ["-v", { isVerbose: true }],
    ["--help --version", { wants: "help" }],
    ["--version", { wants: "version" }],
    ["--help cache", { wants: "help", operands: ["cache"] }],
    ["cache", { wants: "cache", operands: ["cache"] }],
    ["cache clear a.test", { wants: "cache", operands: ["cache", "clear", "a.test"] }],
    ["cache.", { operands: ["cache."] }],
    ["clear.", { operands: ["clear."] }],
    ["a.test clear", { operands: ["a.test", "clear"] }],
    ["0:cache", { operands: ["0:cache"] }],
    ["a.test cache", { operands: ["a.test", "cache"] }],
    ["--cache /tmp/x", { cache: { location: "/tmp/x" } }],
    ["--cache x --cache-up 0 --cache-down 1.5", { cache: { location: "x", upMs: 0, downMs: 1_500 } }],
    ["--servers-from a --servers-from=-", { serversFrom: ["a", "-"] }],
    ["--cache x --no-cache", { cache: null }],
    ["--no-cache --cache x", { cache: null }],
    ["--cache-up 5", { cache: null }],
  ])("%s", (line, news) => {
    expect(readCommand(line.split(" "), {})).toEqual({ ...CLASSIC, ...news });
  });

  test.each<[string, Command["options"]]>([
    ["--mx a.test --mx=b.test", { mx: ["a.test", "b.test"] }],
    ["--dns 192.0.2.53 --dns [::1]:53", { dns: ["192.0.2.53", "[::1]:53"] }],
    ["--stop a --stop b --stop-self", { stop: ["a", "b"], stopSelf: true }],
    ["--timeout 0", { timeoutMs: 0 }],
    ["--timeout 2.5", { timeoutMs: 2_500 }],
    ["-t 3 -t2.5", { timeoutMs: 2_500 }],
    ["--timeout .5 --timeout 7.", { timeoutMs: 7_000 }],
    ["-p 2525", { port: 2_525 }],
    ["-4", { family: 4 }],
    ["-6", { family: 6 }],
    ["--fastest", { order: "arrival" }],
    ["--require none", { requirement: "none" }],
    ["--require any", { requirement: "any" }],
    ["--require=any --require=all", { requirement: "all" }],
  ])("%s", (line, options) => {
    expect(readCommand(line.split(" "), {})).toEqual({
      ...CLASSIC,
      isRequirementGiven: options.requirement !== undefined,
      options: { ...CLASSIC.options, ...options },
    });
  });

  test.each([
    ["text", "decided"],
    ["table", "settled"],
    ["json", "settled"],
    ["nagios", "settled"],
  ] as const)("--format %s, which checks until %s", (format, until) => {
    const { options, ...command } = readCommand(["--format", format], {});
    expect([command.format, options.until]).toEqual([format, until]);
  });

  test("thresholds for a monitor", () => {
    const words = ["--format=nagios", "-w", "1.5", "--critical=5"];
    expect(readCommand(words, {}).thresholds).toEqual({
      warning: parseRange("1.5"),
      critical: parseRange("5"),
    });
    const minimum = { minimum: { warning: 3, critical: 2 } };
    expect(readCommand(["--format=nagios", "--min-available", "3,2"], {}).thresholds).toEqual(minimum);
  });

  test.each<[readonly string[], string | undefined, Command["cache"]]>([
    [[], "/tmp/env", { location: "/tmp/env" }],
    [[], "", null],
    [[], undefined, null],
    [["--cache", "/tmp/x"], "/tmp/env", { location: "/tmp/x" }],
    [["--cache-down=1"], "/tmp/env", { location: "/tmp/env", downMs: 1_000 }],
    [["--no-cache"], "/tmp/env", null],
  ])("%j with SMTPDCHECK_CACHE=%p", (argv, location, cache) => {
    expect(readCommand(argv, { SMTPDCHECK_CACHE: location }).cache).toEqual(cache);
  });
});

describe("readCommand() reads how to wait:", () => {
  test.each([
    [["--format=nagios", "--wait", "60"], { waitMs: 60_000, intervalMs: undefined }],
    [["--wait", "0", "--require=none"], { waitMs: 0, intervalMs: undefined }],
    [["--wait", "1", "--require=any", "--wait", "2.5"], { waitMs: 2_500, intervalMs: undefined }],
    [["--wait", "60", "--require=all", "--interval", "0.5"], { waitMs: 60_000, intervalMs: 500 }],
  ] as const)("%p", (argv, waiting) => {
    expect(readCommand([...argv], {}).waiting).toEqual(waiting);
  });
});

describe("readCommand() throws a UsageError", () => {
  const clear = 'Cannot read "clear" as a server: want cache clear, or clear. for a server of that name';
  const range = "as a threshold: want seconds, such as 2.5, or a range, such as 1:5 or @1:5";
  const pair = "Cannot use --warning, --critical or --min-available without --format nagios";
  test.each<[readonly string[], string]>([
    [["--require", "some"], 'Cannot read "some" as --require: want none, any, all'],
    [["--require=ALL"], 'Cannot read "ALL" as --require: want none, any, all'],
    [["--format", "xml"], 'Cannot read "xml" as --format: want text, table, json, nagios'],
    [
      ["cache", "clear", "--servers-from", "f"],
      "Cannot use --servers-from with cache: want servers behind clear",
    ],
    [["--interval", "2"], "Cannot use --interval without --wait"],
    [
      ["--wait", "2"],
      "Cannot use --wait without --require: want --require any or all to wait for servers to come up, none for them to be gone",
    ],
    [
      ["--require=any", "--wait=2", "--interval=0"],
      'Cannot read "0" as an interval: want more than 0 seconds',
    ],
    [["--wait", "soon"], 'Cannot read "soon" as a time to wait: want seconds, such as 2.5'],
    [["--wait", "-1"], 'Cannot read "-1" as a time to wait: want seconds, such as 2.5'],
    [
      ["--wait", "2147483.648"],
      'Cannot read "2147483.648" as a time to wait: too large, want at most 2147483 seconds',
    ],
    [["-w", "x", "--format=nagios"], `Cannot read "x" ${range}`],
    [["-c", "1e3", "--format=nagios"], `Cannot read "1e3" ${range}`],
    [
      ["--min-available=x", "--format=nagios"],
      'Cannot read "x" as --min-available: want WARN[,CRIT], such as 2 or 3,1',
    ],
    [["-H", "a.test", "cache"], "Cannot use --hostname with cache: want servers behind clear"],
    [["--min-available", "1"], pair],
    [["--cache-up", "x"], 'Cannot read "x" as a time to keep: want seconds, such as 2.5'],
    [["--cache-down", "x"], 'Cannot read "x" as a time to keep: want seconds, such as 2.5'],
    [["--timeout", "1e3"], 'Cannot read "1e3" as a timeout: want seconds, such as 2.5'],
    [["-p", "0"], 'Cannot read "0" as a port: want 1 to 65535'],
    [["-46"], "Cannot use -4 and -6 together: want one of them"],
    [["-w", "1"], pair],
    [["-c", "0"], pair],
    [["-c", "1", "--format", "json"], pair],
    [["--cache"], "Option --cache has no value: want --cache LOCATION"],
    [["-p", "70000"], 'Cannot read "70000" as a port: too large, want 1 to 65535'],
    [["clear", "a.test"], clear],
    [["--cache", "x", "clear"], clear],
    ...["--timeout", "--stop", "--dns", "--cache", "--mx", "--wait"].map((option): [string[], string] => [
      [option, "1".repeat(130_000)],
      `Option ${option} has a value of 130000 characters: want at most 4096`,
    ]),
  ])("for %j", (argv, message) => {
    expect(() => readCommand(argv, {})).toThrow(new UsageError(message));
  });
});

test("readCommand() throws a UsageError for a cache location in the environment that is too long, without showing it", () => {
  const environment = { SMTPDCHECK_CACHE: `redis://:secret@${"1".repeat(130_000)}` };
  const message = "SMTPDCHECK_CACHE has a value of 130016 characters: want at most 4096";
  expect(() => readCommand([], environment)).toThrow(new UsageError(message));
});

describe("formatOf()", () => {
  test.each([
    ["--format nagios --bad", "nagios"],
    ["--bad --format=nagios", "nagios"],
    ["--format=json --format nagios", "nagios"],
    ["--format=nagios --format text", "text"],
    ["--format xml", "text"],
    ["--format", "text"],
    ["-- --format nagios", "text"],
    ["--format nagios -- --format text", "nagios"],
    ["a.test", "text"],
    ["doctor --format nagios", "text"],
    ["doctor. --format nagios", "nagios"],
  ] as const)("of %s is %s", (line, format) => {
    expect(formatOf(line.split(" "))).toBe(format);
  });
});
