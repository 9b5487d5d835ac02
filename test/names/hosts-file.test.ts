import { describe, expect, spyOn, test } from "bun:test";
import { addressesIn, addressesInHostsFile } from "../../src/names/hosts-file.ts";

const HOSTS = `
127.0.0.1 localhost
::1\tlocalhost ip6-localhost
# 192.0.2.9 mx.example.test
192.0.2.1 mx.example.test mx # the first
2001:DB8::1   mx.example.test
192.0.2.1 mx.example.test
192.0.2.2 other.mx.example.test
not-an-address mx.example.test
192.0.2.3 behind # mx.example.test
192.0.2.4 last.test`.toLowerCase();

describe("addressesIn() a hosts file", () => {
  test.each([
    ["mx.example.test", ["192.0.2.1", "2001:db8::1"]],
    ["localhost", ["127.0.0.1", "::1"]],
    ["mx", ["192.0.2.1"]],
    ["last.test", ["192.0.2.4"]],
    ["example.test", []],
    ["192.0.2.1", []],
    ["gone.test", []],
  ])("finds %s", (name, addresses) => {
    expect(addressesIn(HOSTS, name)).toEqual(addresses);
  });

  test("finds a name in a file of a hundred thousand lines that all look like it", () => {
    const many = Array.from({ length: 100_000 }, (_, at) => `192.0.2.1 x${at}.mx.test`).join("\n");
    expect(addressesIn(`${many}\n192.0.2.2 mx.test`, "mx.test")).toEqual(["192.0.2.2"]);
  });
});

test("addressesInHostsFile() reads the file once for many names", async () => {
  const file = spyOn(Bun, "file");
  await Promise.all(["localhost", "a.test", "b.test"].map(addressesInHostsFile));
  expect(file.mock.calls.length).toBeLessThanOrEqual(1);
  file.mockRestore();
});
