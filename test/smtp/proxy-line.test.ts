import { expect, test } from "bun:test";
import { proxyLine } from "../../src/smtp/proxy-line.ts";

test.each<[string | undefined, string | undefined, string]>([
  ["192.0.2.1", "192.0.2.2", "PROXY TCP4 192.0.2.1 192.0.2.2 50000 25\r\n"],
  ["2001:db8::1", "2001:db8::2", "PROXY TCP6 2001:db8::1 2001:db8::2 50000 25\r\n"],
  ["fe80::1%eth0", "fe80::2%eth0", "PROXY TCP6 fe80::1 fe80::2 50000 25\r\n"],
  [undefined, undefined, "PROXY UNKNOWN\r\n"],
])("proxyLine() from %p to %p", (localAddress, remoteAddress, line) => {
  expect(proxyLine({ localAddress, remoteAddress, localPort: 50_000, remotePort: 25 })).toBe(line);
});

test("proxyLine() is no longer than 107 octets (proxy-protocol.txt §2.1)", () => {
  const address = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  const ends = { localAddress: address, remoteAddress: address, localPort: 65_535, remotePort: 65_535 };
  expect(proxyLine(ends).length).toBeLessThanOrEqual(107);
});

test("proxyLine() without ports is of nobody known", () => {
  const ends = { localAddress: "::1", remoteAddress: "::1", localPort: undefined, remotePort: undefined };
  expect(proxyLine(ends)).toBe("PROXY UNKNOWN\r\n");
});
