import { describe, expect, test } from "bun:test";
import { parseGuardConfig } from "../../src/command/guard-config.ts";
import { FILTER_OPTIONS, SERVE_OPTIONS } from "../../src/command/guard-options.ts";
import { UsageError } from "../../src/text/errors.ts";

function parse(text: string, options: typeof SERVE_OPTIONS | typeof FILTER_OPTIONS = SERVE_OPTIONS) {
  return Object.fromEntries(parseGuardConfig(text, "guard.toml", options));
}

describe("parseGuardConfig() reads", () => {
  test("every kind of option, and where it stands", () => {
    const text = `# The guard
policy = "inet:127.0.0.1:10040"
"socketmap" = ['unix:/a', "unix:/b"]

stop = [
  "mx2.example.test", # us
  "192.0.2.9",
]
stop-self = true
probe-loopback = false
domains = "/etc/smtpdcheck/domains"
message = "Use \\"%s\\""
relent = 8
answer-within = 2.5
port = 0x19
mail-check = 1_000
timeout = 1e1
`;
    expect(parse(text)).toEqual({
      policy: { values: ["inet:127.0.0.1:10040"], where: "guard.toml, line 2" },
      socketmap: { values: ["unix:/a", "unix:/b"], where: "guard.toml, line 3" },
      stop: { values: ["mx2.example.test", "192.0.2.9"], where: "guard.toml, line 5" },
      "stop-self": { values: ["true"], where: "guard.toml, line 9" },
      "probe-loopback": { values: [], where: "guard.toml, line 10" },
      domains: { values: ["/etc/smtpdcheck/domains"], where: "guard.toml, line 11" },
      message: { values: ['Use "%s"'], where: "guard.toml, line 12" },
      relent: { values: ["8"], where: "guard.toml, line 13" },
      "answer-within": { values: ["2.5"], where: "guard.toml, line 14" },
      port: { values: ["25"], where: "guard.toml, line 15" },
      "mail-check": { values: ["1000"], where: "guard.toml, line 16" },
      timeout: { values: ["10"], where: "guard.toml, line 17" },
    });
  });

  test.each<[string, Record<string, readonly string[]>]>([
    ["", {}],
    ["\n# nothing\n", {}],
    ["\ufeffport = 25", { port: ["25"] }],
    ["port = 25\r\nhelo = 'a'\r\n", { port: ["25"], helo: ["a"] }],
    ["stop = []", { stop: [] }],
    ['message = """\nUse\\\n  %s"""', { message: ["Use%s"] }],
    ["relent = inf", { relent: ["Infinity"] }],
    ["relent = -1", { relent: ["-1"] }],
  ])("%j", (text, values) => {
    const read = Object.entries(parse(text)).map(([name, given]) => [name, given?.values]);
    expect(Object.fromEntries(read)).toEqual(values);
  });

  test("a key that is spelled with escapes, though nobody can say in which line", () => {
    expect(parse('"st\\u006fp" = "a"')).toEqual({ stop: { values: ["a"], where: "guard.toml" } });
  });

  test("a key whose name is part of another's, in its own line", () => {
    expect(parse('stop-self = true\nstop = "a"')).toEqual({
      "stop-self": { values: ["true"], where: "guard.toml, line 1" },
      stop: { values: ["a"], where: "guard.toml, line 2" },
    });
  });
});

describe("parseGuardConfig() throws a UsageError for a key that is no option", () => {
  test.each([
    ["# a\nrelend = 8", "relend", 2],
    ["Relent = 8", "Relent", 1],
    ["config = 'x'", "config", 1],
    ["check-config = true", "check-config", 1],
    ["help = true", "help", 1],
    ["constructor = 'x'", "constructor", 1],
    ["toString = 'x'", "toString", 1],
    ["__proto__ = 'x'", "__proto__", 1],
    ["port = 25\n[guard]\nport = 25", "guard", 2],
    ["[[guard]]\nport = 25", "guard", 1],
    ["[ guard . a ]\nport = 25", "guard", 1],
    ["guard.port = 25", "guard", 1],
    ["\n\n'a b' = 1", "a b", 3],
    ["'.*' = 1", ".*", 1],
  ])("%j", (text, key, line) => {
    expect(() => parse(text)).toThrow(
      new UsageError(
        `Cannot read "${key}" as an option: want one of those that --help lists (guard.toml, line ${line})`,
      ),
    );
  });

  test.each(["policy", "socketmap"])("%s, which a filter has not", (key) => {
    expect(() => parse(`\n${key} = "stdio"`, FILTER_OPTIONS)).toThrow(
      new UsageError(
        `Cannot read "${key}" as an option: want one of those that --help lists (guard.toml, line 2)`,
      ),
    );
  });
});

describe("parseGuardConfig() throws a UsageError for a value of another type", () => {
  test.each([
    ["stop-self = 'true'", "stop-self", "true or false"],
    ["stop-self = 1", "stop-self", "true or false"],
    ["stop-self = 1979-05-27T07:32:00Z", "stop-self", "true or false"],
    ["port = '25'", "port", "a number"],
    ["port = true", "port", "a number"],
    ["relent = [8]", "relent", "a number"],
    ["helo = true", "helo", "a string"],
    ["helo = 5", "helo", "a string"],
    ["helo = ['a']", "helo", "a string"],
    ["action = ['warn']", "action", "a string"],
    ["domains = {file = 'x'}", "domains", "a string"],
    ["allow = 1979-05-27", "allow", "a string"],
    ["stop = 5", "stop", "a string, or an array of strings"],
    ["stop = true", "stop", "a string, or an array of strings"],
    ["stop = ['a', 1]", "stop", "a string, or an array of strings"],
    ["stop = [['a']]", "stop", "a string, or an array of strings"],
    ["[[stop]]\na = 1", "stop", "a string, or an array of strings"],
    ["dns.a = 'x'", "dns", "a string, or an array of strings"],
  ])("%j", (text, key, want) => {
    expect(() => parse(`# a\n${text}`)).toThrow(
      new UsageError(`Cannot use this value for ${key}: want ${want} (guard.toml, line 2)`),
    );
  });
});

describe("parseGuardConfig() throws a UsageError that says in which line what is no TOML is", () => {
  test.each([
    ["port = 25\nrelent =\nhelo = 'a'", 2],
    ["port = 25\nport = 26", 2],
    ['port = 25\n\n# a\nstop = "a\n', 4],
    ["x", 1],
    ["port = 25\nstop = [\n  'a',\n  b,\n]\n", 2],
    ["port = 25\nstop = ['a'\n", 2],
    ["port = 99999999999999999999", 1],
    ["port = 25\n\0", 2],
    ["port = 25 relent = 8", 1],
    ["helo = 'a'\n<<<<<<< HEAD\n", 2],
  ])("%j", (text, line) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(
      new RegExp(`^Cannot read guard\\.toml as TOML: .+ \\(line ${line}\\)$`),
    );
  });

  test("an executable, a picture or another such file", () => {
    const octets = Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 7919) % 256)).toString(
      "latin1",
    );
    expect(() => parse(`\x7fELF${octets}`)).toThrow(UsageError);
  });
});
