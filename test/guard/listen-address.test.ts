import { describe, expect, test } from "bun:test";
import { type ListenAddress, parseListenAddress } from "../../src/guard/listen-address.ts";
import { UsageError } from "../../src/text/errors.ts";

const WANTED = "want unix:/path?mode=0660&owner=NAME&group=NAME, inet:127.0.0.1:10040, fd:3 or stdio";

function unix(path: string, terms: Partial<Extract<ListenAddress, { kind: "unix" }>> = {}): ListenAddress {
  return { kind: "unix", path, mode: undefined, owner: null, group: null, ...terms };
}

describe("parseListenAddress() reads", () => {
  test.each<[string, ListenAddress]>([
    ["stdio", { kind: "stdio" }],
    ["fd:3", { kind: "descriptor", descriptor: 3 }],
    ["fd:1023", { kind: "descriptor", descriptor: 1023 }],
    ["inet:127.0.0.1:10040", { kind: "inet", host: "127.0.0.1", port: 10_040 }],
    ["inet:127.0.0.1:0", { kind: "inet", host: "127.0.0.1", port: 0 }],
    ["inet:LocalHost:65535", { kind: "inet", host: "localhost", port: 65_535 }],
    ["inet:0.0.0.0:1", { kind: "inet", host: "0.0.0.0", port: 1 }],
    ["inet:[::1]:10040", { kind: "inet", host: "::1", port: 10_040 }],
    ["inet:[FE80::1%eth0]:10040", { kind: "inet", host: "fe80::1%eth0", port: 10_040 }],
    ["unix:/run/guard", unix("/run/guard")],
    ["unix:/run/a b:c=d&e#f%20/ü", unix("/run/a b:c=d&e#f%20/ü")],
    ["unix:/run/guard?mode=0660", unix("/run/guard", { mode: 0o660 })],
    ["unix:/run/guard?mode=660", unix("/run/guard", { mode: 0o660 })],
    ["unix:/run/guard?mode=000", unix("/run/guard", { mode: 0 })],
    ["unix:/run/guard?owner=postfix", unix("/run/guard", { owner: "postfix" })],
    [
      "unix:/run/guard?group=_mail.x-1&owner=0&mode=0777",
      unix("/run/guard", { mode: 0o777, owner: "0", group: "_mail.x-1" }),
    ],
    [`unix:/${"x".repeat(106)}`, unix(`/${"x".repeat(106)}`)],
  ])("%s", (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });
});

describe("parseListenAddress() throws a UsageError", () => {
  test.each([
    ["", ""],
    ["stdio:", ""],
    ["STDIO", ""],
    [" stdio", ""],
    ["/run/guard", ""],
    ["tcp:127.0.0.1:1", ""],
    ["fd:", ""],
    ["fd:0", ""],
    ["fd:2", ""],
    ["fd:1024", ""],
    ["fd:-3", ""],
    ["fd:3.5", ""],
    ["fd:3x", ""],
    ["fd:0x3", ""],
    ["fd:99999999999999999999", ""],
    ["inet:", ""],
    ["inet:10040", ""],
    ["inet::10040", ""],
    ["inet:*:10040", ""],
    ["inet:127.0.0.1", ""],
    ["inet:127.0.0.1:", ""],
    ["inet:127.0.0.1:65536", ""],
    ["inet:127.0.0.1:100000", ""],
    ["inet:127.0.0.1:-1", ""],
    ["inet:127.0.0.1:1x", ""],
    ["inet:127.1:1", ""],
    ["inet:::1:10040", ""],
    ["inet:[::1]", ""],
    ["inet:[127.0.0.1]:1", ""],
    ["inet:[localhost]:1", ""],
    ["inet:[]:1", ""],
    ["inet:a b:1", ""],
    ["unix:", "the path is not absolute, "],
    ["unix:run/guard", "the path is not absolute, "],
    ["unix:?mode=0660", "the path is not absolute, "],
    ["unix:/run/guard?mode=0660?owner=a", ""],
    ["unix:/run/guard?", '"" behind the path, '],
    ["unix:/run/guard?mode=0660&", '"" behind the path, '],
    ["unix:/run/guard?mode=", '"mode=" behind the path, '],
    ["unix:/run/guard?mode=0660&mode=0660", '"mode=0660" behind the path, '],
    ["unix:/run/guard?user=a", '"user=a" behind the path, '],
    ["unix:/run/guard?constructor=a", '"constructor=a" behind the path, '],
    ["unix:/run/guard?owner=a b", '"owner=a b" behind the path, '],
    ["unix:/run/guard?owner=a:b", '"owner=a:b" behind the path, '],
    ["unix:/run/guard?mode=0888", '"0888" is no mode, '],
    ["unix:/run/guard?mode=66", '"66" is no mode, '],
    ["unix:/run/guard?mode=4755", '"4755" is no mode, '],
    ["unix:/run/guard?mode=rw", '"rw" is no mode, '],
  ])("for %j", (text, fault) => {
    expect(() => parseListenAddress(text)).toThrow(
      new UsageError(`Cannot read "${text}" as an address to listen on: ${fault}${WANTED}`),
    );
  });

  test.each([`unix:/${"x".repeat(107)}`, `unix:/${"ü".repeat(54)}`])(
    "for a path that is too long: %s",
    (text) => {
      expect(() => parseListenAddress(text)).toThrow("the path is longer than 107 octets, want");
    },
  );

  test("for a path with a NUL", () => {
    expect(() => parseListenAddress("unix:/run/\0guard")).toThrow(
      new UsageError(`Cannot read "unix:/run/\\x00guard" as an address to listen on: ${WANTED}`),
    );
  });
});
