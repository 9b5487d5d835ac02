import { expect, test } from "bun:test";
import { OPTIONS } from "../../src/command/options.ts";

test("OPTIONS are those of the manual page", () => {
  expect(
    Object.entries(OPTIONS).map(([name, option]) => ("alias" in option ? `${name} ${option.alias}` : name)),
  ).toEqual([
    "mx",
    "servers-from",
    "quit-after",
    "helo",
    "tls",
    "smtps",
    "tls-name",
    "tls-ca",
    "cert-left",
    "auth",
    "password-file",
    "auth-mechanism",
    "from",
    "to",
    "own",
    "lmtp",
    "proxy-protocol",
    "expect",
    "every-address",
    "transcript",
    "hostname H",
    "dns",
    "stop",
    "stop-self",
    "timeout t",
    "deadline",
    "port p",
    "ipv4 4",
    "ipv6 6",
    "sort",
    "fastest",
    "require",
    "wait",
    "interval",
    "format",
    "warning w",
    "critical c",
    "min-available",
    "cache",
    "cache-up",
    "cache-down",
    "no-cache",
    "verbose v",
    "help h",
    "version V",
  ]);
});

test("OPTIONS that take a value say what it is, and those with a choice which there are", () => {
  for (const option of Object.values(OPTIONS)) {
    expect(["valueHint" in option, "options" in option]).toEqual([
      option.type === "string",
      option.type === "enum",
    ]);
  }
});
