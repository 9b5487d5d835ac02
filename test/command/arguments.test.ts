import { describe, expect, test } from "bun:test";
import { readArguments } from "../../src/command/arguments.ts";
import { OPTIONS } from "../../src/command/options.ts";
import { UsageError } from "../../src/text/errors.ts";

function read(argv: readonly string[]) {
  const { options, operands } = readArguments(argv, OPTIONS);
  return { options: Object.fromEntries(options), operands };
}

describe("readArguments() reads", () => {
  test.each<[readonly string[], Record<string, readonly string[]>, readonly string[]]>([
    [[], {}, []],
    [["a.test", "b.test"], {}, ["a.test", "b.test"]],
    [["--timeout", "3", "a.test"], { timeout: ["3"] }, ["a.test"]],
    [["--timeout=3", "a.test"], { timeout: ["3"] }, ["a.test"]],
    [["a.test", "--timeout", "3"], { timeout: ["3"] }, ["a.test"]],
    [
      ["a.test", "-v", "b.test", "--fastest", "c.test"],
      { verbose: ["true"], fastest: ["true"] },
      ["a.test", "b.test", "c.test"],
    ],
    [["--stop", "a", "--stop=b", "--stop", "c"], { stop: ["a", "b", "c"] }, []],
    [["--timeout", "1", "--timeout", "2"], { timeout: ["1", "2"] }, []],
    [["--stop=a=b"], { stop: ["a=b"] }, []],
    [["--stop=a\nb"], { stop: ["a\nb"] }, []],
    [["-p", "26"], { port: ["26"] }, []],
    [["-p26"], { port: ["26"] }, []],
    [["--port=26"], { port: ["26"] }, []],
    [["-4"], { ipv4: ["true"] }, []],
    [["-6v"], { ipv6: ["true"], verbose: ["true"] }, []],
    [["-4vp26", "a.test"], { ipv4: ["true"], verbose: ["true"], port: ["26"] }, ["a.test"]],
    [["-vp", "26"], { verbose: ["true"], port: ["26"] }, []],
    [["-h"], { help: ["true"] }, []],
    [["--stop-self"], { "stop-self": ["true"] }, []],
    [["--", "-v", "--", "--stop"], {}, ["-v", "--", "--stop"]],
    [["a.test", "--"], {}, ["a.test"]],
    [["--timeout", "-1"], { timeout: ["-1"] }, []],
    [["--require", "all"], { require: ["all"] }, []],
    [["--format=json", "--format", "table"], { format: ["json", "table"] }, []],
    [["-w1", "-c", "2"], { warning: ["1"], critical: ["2"] }, []],
    [["--mx=a.test", "--mx", "b.test"], { mx: ["a.test", "b.test"] }, []],
    [["--no-cache"], { "no-cache": ["true"] }, []],
    [["cache", "clear", "--cache", "x"], { cache: ["x"] }, ["cache", "clear"]],
    [[""], {}, [""]],
  ])("%j", (argv, options, operands) => {
    expect(read(argv)).toEqual({ options, operands });
  });
});

describe("readArguments() throws a UsageError", () => {
  const unknown = (spelled: string) =>
    `Cannot read "${spelled}" as an option: want one of those that --help lists`;
  test.each<[readonly string[], string]>([
    [["--timout", "3", "a.test"], unknown("--timout")],
    [["--timout=3"], unknown("--timout")],
    [["--time", "3"], unknown("--time")],
    [["--Timeout", "3"], unknown("--Timeout")],
    [["--no-verbose"], unknown("--no-verbose")],
    [["--constructor"], unknown("--constructor")],
    [["--__proto__"], unknown("--__proto__")],
    [["--p", "26"], unknown("--p")],
    [["-verbose"], unknown("-e")],
    [["-x"], unknown("-x")],
    [["-4x"], unknown("-x")],
    [["-v=1"], unknown("-=")],
    [["--=x"], unknown("--")],
    [["---v"], unknown("---v")],
    [["--\x1b[31m"], unknown("--\\x1b[31m")],
    [["--timeout"], "Option --timeout has no value: want --timeout SECONDS"],
    [["--timeout="], "Option --timeout has no value: want --timeout SECONDS"],
    [["--timeout", ""], "Option --timeout has no value: want --timeout SECONDS"],
    [["a.test", "--stop"], "Option --stop has no value: want --stop HOST"],
    [["-p"], "Option -p has no value: want -p N"],
    [["--require"], "Option --require has no value: want --require none|any|all"],
    [["--format="], "Option --format has no value: want --format text|table|json|nagios"],
    [["-w"], "Option -w has no value: want -w RANGE"],
    [["--no-cache=1"], "Option --no-cache takes no value: want --no-cache alone"],
    [["--no-mx"], unknown("--no-mx")],
    [["-4p"], "Option -p has no value: want -p N"],
    [["--verbose=true"], "Option --verbose takes no value: want --verbose alone"],
    [["--fastest="], "Option --fastest takes no value: want --fastest alone"],
  ])("for %j", (argv, message) => {
    expect(() => readArguments(argv, OPTIONS)).toThrow(new UsageError(message));
  });
});

test("readArguments() knows the options of the table that it is given, and no others", () => {
  const table = {
    deep: { type: "boolean", alias: "d" },
    file: { type: "string", valueHint: "FILE" },
  } as const;
  const { options } = readArguments(["-d", "--file", "a"], table);
  expect([...options]).toEqual([
    ["deep", ["true"]],
    ["file", ["a"]],
  ]);
  expect(() => readArguments(["--timeout", "1"], table)).toThrow(UsageError);
});
