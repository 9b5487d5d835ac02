import { describe, expect, test } from "bun:test";
import { UsageError } from "../../src/text/errors.ts";
import { parseHost, parsePort, parseTargets, type Target } from "../../src/text/target.ts";

const WANTED = "[preference:]host[:port], such as 10:mx1.example.org or 10:[2001:db8::1]:2525";

describe("parseTargets() reads", () => {
  test.each<[string, string, string, number, number | null]>([
    ["mx.example.test", "mx.example.test", "mx.example.test", 25, null],
    ["mx.example.test:2525", "mx.example.test", "mx.example.test", 2525, null],
    ["10:mx.example.test", "mx.example.test", "mx.example.test", 25, 10],
    ["10:mx.example.test:2525", "mx.example.test", "mx.example.test", 2525, 10],
    ["0:mx.example.test", "mx.example.test", "mx.example.test", 25, 0],
    ["65535:mx.example.test", "mx.example.test", "mx.example.test", 25, 65_535],
    ["00010:mx.example.test", "mx.example.test", "mx.example.test", 25, 10],
    ["mx.example.test:1", "mx.example.test", "mx.example.test", 1, null],
    ["mx.example.test:65535", "mx.example.test", "mx.example.test", 65_535, null],
    ["MX.Example.TEST", "MX.Example.TEST", "mx.example.test", 25, null],
    ["mx.example.test.", "mx.example.test.", "mx.example.test", 25, null],
    ["10:mx.example.test.:2525", "mx.example.test.", "mx.example.test", 2525, 10],
    ["m--x.a-b.test", "m--x.a-b.test", "m--x.a-b.test", 25, null],
    ["localhost", "localhost", "localhost", 25, null],
    ["_mx.example.test", "_mx.example.test", "_mx.example.test", 25, null],
    ["3com.test", "3com.test", "3com.test", 25, null],
    ["1.test", "1.test", "1.test", 25, null],
    ["bücher.test", "bücher.test", "xn--bcher-kva.test", 25, null],
    ["10:BÜCHER.test.:26", "BÜCHER.test.", "xn--bcher-kva.test", 26, 10],
    ["xn--bcher-kva.test", "xn--bcher-kva.test", "xn--bcher-kva.test", 25, null],
    ["mx。example。test", "mx。example。test", "mx.example.test", 25, null],
    ["192.0.2.1", "192.0.2.1", "192.0.2.1", 25, null],
    ["192.0.2.1:2525", "192.0.2.1", "192.0.2.1", 2525, null],
    ["10:192.0.2.1", "192.0.2.1", "192.0.2.1", 25, 10],
    ["10:192.0.2.1:2525", "192.0.2.1", "192.0.2.1", 2525, 10],
    ["[192.0.2.1]", "[192.0.2.1]", "192.0.2.1", 25, null],
    ["10:[192.0.2.1]:2525", "[192.0.2.1]", "192.0.2.1", 2525, 10],
    ["2001:db8::1", "2001:db8::1", "2001:db8::1", 25, null],
    ["2001:DB8:0::1", "2001:DB8:0::1", "2001:db8::1", 25, null],
    ["::1", "::1", "::1", 25, null],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", 25, null],
    ["fe80::1%eth0", "fe80::1%eth0", "fe80::1%eth0", 25, null],
    ["[2001:db8::1]", "[2001:db8::1]", "2001:db8::1", 25, null],
    ["[2001:db8::1]:2525", "[2001:db8::1]", "2001:db8::1", 2525, null],
    ["10:[2001:db8::1]", "[2001:db8::1]", "2001:db8::1", 25, 10],
    ["10:[2001:db8::1]:2525", "[2001:db8::1]", "2001:db8::1", 2525, 10],
    ["10:[fe80::1%eth0]:2525", "[fe80::1%eth0]", "fe80::1%eth0", 2525, 10],
    ["[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]", "2001:db8::1", 25, null],
    ["10:[ipv6:2001:DB8::1]:26", "[ipv6:2001:DB8::1]", "2001:db8::1", 26, 10],
    ["[IPv6:::ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]", "192.0.2.1", 25, null],
  ])("%s", (item, server, host, port, preference) => {
    expect(parseTargets(item, 25)).toEqual([{ server, host, port, preference }]);
  });
});

describe("parseTargets() throws a UsageError", () => {
  const inBrackets = "an IPv6 address in brackets, such as 10:[2001:db8::1]:25";
  test.each<[string, string]>([
    ["mx_example!test", `as a server: want ${WANTED}`],
    [":", `as a server: want ${WANTED}`],
    ["10:", `as a server: want ${WANTED}`],
    [":25", `as a server: want ${WANTED}`],
    [":::25", `as a server: want ${inBrackets}`],
    ["mx.test:", `as a server: want ${WANTED}`],
    ["mx.test:smtp", `as a server: want ${WANTED}`],
    ["mx.test:-1", `as a server: want ${WANTED}`],
    ["-1:mx.test", `as a server: want ${WANTED}`],
    ["+1:mx.test", `as a server: want ${WANTED}`],
    ["1.5:mx.test", `as a server: want ${WANTED}`],
    ["ten:mx.test", `as a server: want ${WANTED}`],
    [".", `as a server: want ${WANTED}`],
    ["mx..test", `as a server: want ${WANTED}`],
    [".mx.test", `as a server: want ${WANTED}`],
    ["mx.test..", `as a server: want ${WANTED}`],
    ["-", `as a server: want ${WANTED}`],
    ["10:-:25", `as a server: want ${WANTED}`],
    ["-mx.test", `as a server: want ${WANTED}`],
    ["mx-.test", `as a server: want ${WANTED}`],
    ["mx.-test", `as a server: want ${WANTED}`],
    ["mx.test-", `as a server: want ${WANTED}`],
    ["10:20", `as a server: want ${WANTED}`],
    ["1.2.3", `as a server: want ${WANTED}`],
    ["192.0.2.256", `as a server: want ${WANTED}`],
    ["192.0.2.1.", `as a server: want ${WANTED}`],
    ["0x7f.1", `as a server: want ${WANTED}`],
    ["１２７.1", `as a server: want ${WANTED}`],
    ["mx@example.test", `as a server: want ${WANTED}`],
    ["https://mx.test", `as a server: want ${WANTED}`],
    ["bücher.test/x", `as a server: want ${WANTED}`],
    ["bücher@mx.test", `as a server: want ${WANTED}`],
    ["bücher%2etest", `as a server: want ${WANTED}`],
    ["[mx.test]", `as a server: want ${WANTED}`],
    ["[]", `as a server: want ${WANTED}`],
    ["[IPv6:192.0.2.1]", `as a server: want ${WANTED}`],
    ["[IPv4:192.0.2.1]", `as a server: want ${WANTED}`],
    ["[2001:db8::1", `as a server: want ${WANTED}`],
    ["2001:db8::1]", `as a server: want ${inBrackets}`],
    ["[2001:db8::1]25", `as a server: want ${WANTED}`],
    ["[[2001:db8::1]]", `as a server: want ${WANTED}`],
    ["1:2:3:4:5:6:7:8:9", `as a server: want ${inBrackets}`],
    ["2001:db8::1::25", `as a server: want ${inBrackets}`],
    ["10:mx.test:25:26", `as a server: want ${inBrackets}`],
    ["65536:mx.test", "as a server: want a preference from 0 to 65535 before the colon"],
    ["99999999999999999999:mx.test", "as a server: want a preference from 0 to 65535 before the colon"],
  ])("%s", (item, complaint) => {
    expect(() => parseTargets(item, 25)).toThrow(new UsageError(`Cannot read "${item}" ${complaint}`));
  });

  test.each(["0", "65536", "99999999999"])("for port %s, and says which are right", (port) => {
    expect(() => parseTargets(`mx.test:${port}`, 25)).toThrow(
      new UsageError(`Cannot read "${port}" as a port: want 1 to 65535`),
    );
  });

  test("that is one clean line for an item full of control characters", () => {
    expect(() => parseTargets("\x1b[31m\u202emx", 25)).toThrow(
      new UsageError(`Cannot read "\\x1b[31m\\u{202e}mx" as a server: want ${WANTED}`),
    );
  });

  test.each([
    ["a label of 64", `${"a".repeat(64)}.test`],
    ["a name of 254", `${"a.".repeat(126)}bb`],
  ])("for %s characters", (_, name) => {
    expect(() => parseTargets(name, 25)).toThrow(UsageError);
  });
});

test("parseTargets() reads labels of 63 and names of 253 characters", () => {
  const name = `${"a.".repeat(126)}b`;
  expect(parseTargets(`${"a".repeat(63)}.test ${name}. ${name}`, 25).map(({ host }) => host)).toEqual([
    `${"a".repeat(63)}.test`,
    name,
    name,
  ]);
});

test.each([
  ["commas", "10:a.test,20:b.test:26"],
  ["blanks", "10:a.test 20:b.test:26"],
  ["newlines", "10:a.test\n20:b.test:26\n"],
  ["everything", " ,\t10:a.test\r\n , ,20:b.test:26,, "],
])("parseTargets() reads a list parted by %s", (_, argument) => {
  expect(parseTargets(argument, 25)).toEqual([
    { server: "a.test", host: "a.test", port: 25, preference: 10 },
    { server: "b.test", host: "b.test", port: 26, preference: 20 },
  ] satisfies Target[]);
});

test.each(["", " ", ",", "\n, ,"])("parseTargets() finds no server in %j", (argument) => {
  expect(parseTargets(argument, 25)).toEqual([]);
});

test("parseTargets() gives servers without a port the default one", () => {
  expect(parseTargets("a.test ::1 b.test:26", 2525).map(({ port }) => port)).toEqual([2525, 2525, 26]);
});

test.each([
  ["MX.Example.Test.", "mx.example.test"],
  ["[::1]", "::1"],
  ["::FFFF:127.0.0.1", "127.0.0.1"],
  ["127.1", undefined],
  ["", undefined],
  ["a b", undefined],
  ["mx.test:25", undefined],
])("parseHost() of %j is %p", (text, host) => {
  expect(parseHost(text)).toBe(host);
});

test.each(["", "0", "65536", "25x", "-1", "+25", "2.5", "0x19", " 25", "٢٥"])(
  "parsePort() throws for %j",
  (text) => {
    expect(() => parsePort(text)).toThrow(new UsageError(`Cannot read "${text}" as a port: want 1 to 65535`));
  },
);
