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
  test.each<[string, string]>([
    ["mx_example!test", '"!" cannot stand in a name'],
    [":", "no port behind the colon"],
    ["10:", "no host"],
    [":25", "no host"],
    ["mx.test:", "no port behind the colon"],
    ["mx.test:smtp", '"smtp" is no port'],
    ["mx.test:-1", '"-1" is no port'],
    ["-1:mx.test", '"-1" is no preference'],
    ["+1:mx.test", '"+1" is no preference'],
    ["1.5:mx.test", '"1.5" is no preference'],
    ["ten:mx.test", '"ten" is no preference'],
    [".", "a label is empty"],
    ["mx..test", "a label is empty"],
    [".mx.test", "a label is empty"],
    ["mx.test..", "a label is empty"],
    ["-", 'the label "-" begins with a hyphen'],
    ["10:-:25", 'the label "-" begins with a hyphen'],
    ["-mx.test", 'the label "-mx" begins with a hyphen'],
    ["mx-.test", 'the label "mx-" ends with a hyphen'],
    ["mx.-test", 'the label "-test" begins with a hyphen'],
    ["mx.test-", 'the label "test-" ends with a hyphen'],
    ["10:20", "an IPv4 address has 4 octets, not 1"],
    ["1.2.3", "an IPv4 address has 4 octets, not 3"],
    ["192.0.2.256", "the octet 256 is larger than 255"],
    ["192.0.2.1.", "a name cannot end in a number"],
    ["0x7f.1", "a name cannot end in a number"],
    ["１２７.1", "a name cannot end in a number"],
    ["mx@example.test", '"@" cannot stand in a name'],
    ["https://mx.test", "it is a URL"],
    ["bücher.test/x", '"/" cannot stand in a name'],
    ["bücher@mx.test", '"@" cannot stand in a name'],
    ["bücher%2etest", '"%" cannot stand in a name'],
    ["[mx.test]", '"mx.test" is no address'],
    ["[]", '"" is no address'],
    ["[IPv6:192.0.2.1]", '"IPv6:192.0.2.1" is no address'],
    ["[IPv4:192.0.2.1]", '"IPv4:192.0.2.1" is no address'],
    ["[2001:db8::1", "a bracket is not closed"],
    ["[2001:db8::1]25", '"25" behind the bracket'],
    ["[[2001:db8::1]]", '"]" behind the bracket'],
  ])("for %s, and says what is wrong: %s", (item, fault) => {
    const message = `Cannot read "${item}" as a server: ${fault}, want ${WANTED}`;
    expect(() => parseTargets(item, 25)).toThrow(new UsageError(message));
  });

  test.each([":::25", "2001:db8::1]", "1:2:3:4:5:6:7:8:9", "2001:db8::1::25", "10:mx.test:25:26"])(
    "for %s, and asks for brackets",
    (item) => {
      const message = `Cannot read "${item}" as a server: want an IPv6 address in brackets, such as 10:[2001:db8::1]:25`;
      expect(() => parseTargets(item, 25)).toThrow(new UsageError(message));
    },
  );

  test.each(["65536", "99999999999999999999"])("for preference %s", (preference) => {
    const message = `Cannot read "${preference}:mx.test" as a server: ${preference} is too large, want a preference from 0 to 65535 before the colon`;
    expect(() => parseTargets(`${preference}:mx.test`, 25)).toThrow(new UsageError(message));
  });

  test.each([
    ["0", "want 1 to 65535"],
    ["65536", "too large, want 1 to 65535"],
    ["99999999999", "too large, want 1 to 65535"],
  ])("for port %s, and says which are right", (port, complaint) => {
    expect(() => parseTargets(`mx.test:${port}`, 25)).toThrow(
      new UsageError(`Cannot read "${port}" as a port: ${complaint}`),
    );
  });

  test("for more characters than any server has, and reads no further", () => {
    const message = `Cannot read "${"1".repeat(80)}…" as a server: too long, want ${WANTED}`;
    for (const count of [1_025, 130_000]) {
      expect(() => parseTargets("1".repeat(count), 25)).toThrow(new UsageError(message));
      expect(parseHost("1".repeat(count))).toBeUndefined();
    }
  });

  test("that is one clean line for an item full of control characters", () => {
    expect(() => parseTargets("\x1b[31m\u202emx", 25)).toThrow(
      new UsageError(
        `Cannot read "\\x1b[31m\\u{202e}mx" as a server: "\\x1b" cannot stand in a name, want ${WANTED}`,
      ),
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

test.each(["", "0", "25x", "-1", "+25", "2.5", "0x19", " 25", "٢٥"])("parsePort() throws for %j", (text) => {
  expect(() => parsePort(text)).toThrow(new UsageError(`Cannot read "${text}" as a port: want 1 to 65535`));
});
