import { describe, expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { ownHosts } from "../../../src/guard/doctor/own-hosts.ts";
import { parseMainCf } from "../../../src/guard/doctor/parameters.ts";
import type { Resolver } from "../../../src/names/resolver.ts";

const KNOWN: Readonly<Record<string, string>> = { "us.test": "192.0.2.2", "stop.test": "192.0.2.3" };
const resolver: Resolver = {
  async addresses(host, family) {
    const address = KNOWN[host];
    return address === undefined || family === 6
      ? { kind: "not-found" }
      : { kind: "found", addresses: [address] };
  },
};
const ownOf = (text: string, stop: readonly string[] = [], isHere = false) =>
  ownHosts(parseMainCf(text), stop, isHere, resolver);

describe("ownHosts() are", () => {
  test.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ["myhostname = US.test", [], ["us.test"], ["192.0.2.2"]],
    ["proxy_interfaces = 192.0.2.9, [2001:DB8::9]", [], [], ["192.0.2.9", "2001:db8::9"]],
    ["inet_interfaces = 192.0.2.8, us.test", [], ["us.test"], ["192.0.2.8", "192.0.2.2"]],
    ["", ["stop.test"], ["stop.test"], ["192.0.2.3"]],
    ["myhostname = unknown.test", [], ["unknown.test"], []],
  ])("by %j and --stop %j", async (text, stop, names, addresses) => {
    const own = await ownOf(text, stop);
    for (const name of names) expect(own.names.has(name)).toBe(true);
    for (const address of addresses) expect(own.addresses.has(address)).toBe(true);
    expect(own.addresses.has("127.0.0.1")).toBe(false);
    expect(own.shown.length).toBeGreaterThan(0);
  });

  test("this machine's addresses too, where Postfix runs here and listens on all interfaces", async () => {
    const [address = ""] = Object.values(networkInterfaces()).flatMap(
      (each) => each?.map((one) => one.address) ?? [],
    );
    expect((await ownOf("", [], true)).addresses.has(address)).toBe(true);
    expect((await ownOf("", [], false)).addresses.has(address)).toBe(false);
    expect((await ownOf("inet_interfaces = 192.0.2.8", [], true)).addresses.has(address)).toBe(false);
  });
});
