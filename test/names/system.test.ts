import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import { type AddressLookup, systemResolver } from "../../src/names/system.ts";

afterEach(() => {
  mock.restore();
});

function found(...addresses: readonly string[]) {
  const answers = addresses.map(
    (address) => ({ address, family: address.includes(":") ? 6 : 4, ttl: 0 }) as const,
  );
  return spyOn(Bun.dns, "lookup").mockResolvedValue(answers);
}

function fails(error: unknown): void {
  spyOn(Bun.dns, "lookup").mockRejectedValue(error);
}

describe("systemResolver", () => {
  test.each([
    [undefined, { kind: "found", addresses: ["2001:db8::1", "192.0.2.1"] }],
    [4, { kind: "found", addresses: ["192.0.2.1"] }],
    [6, { kind: "found", addresses: ["2001:db8::1"] }],
  ] as const)("asks for both families and gives those of %p", async (family, lookup) => {
    const asked = found("2001:db8::1", "192.0.2.1");
    expect(await systemResolver.addresses("mx.example.test", family)).toEqual(lookup);
    expect(asked.mock.calls as unknown[]).toEqual([["mx.example.test", { family: 0 }]]);
  });

  test("does not find a host that has no address of the family wanted", async () => {
    found("192.0.2.1");
    expect(await systemResolver.addresses("mx.example.test", 6)).toEqual({ kind: "not-found" });
  });

  test("asks for each family alone when both together keep it waiting, and takes what is found", async () => {
    const silent = new Promise<never>(() => {});
    spyOn(Bun.dns, "lookup").mockImplementation((_, options) =>
      options?.family === 6 ? Promise.resolve([{ address: "2001:db8::1", family: 6, ttl: 0 }]) : silent,
    );
    expect(await systemResolver.addresses("mx.example.test", undefined)).toEqual({
      kind: "found",
      addresses: ["2001:db8::1"],
    });
  });

  test("gives each address once, canonical, in the order found", async () => {
    found("2001:DB8:0::1", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "fe80::1%eth0", "192.0.2.1");
    expect(await systemResolver.addresses("mx.example.test", undefined)).toEqual({
      kind: "found",
      addresses: ["2001:db8::1", "192.0.2.1", "fe80::1%eth0"],
    });
  });

  test("looks localhost up", async () => {
    const lookup = await systemResolver.addresses("localhost", 4);
    expect(lookup).toEqual({ kind: "found", addresses: ["127.0.0.1"] });
  });

  test.each<[string, AddressLookup]>([
    ["DNS_ENOTFOUND", { kind: "not-found" }],
    ["DNS_ENODATA", { kind: "not-found" }],
    ["ENOTFOUND", { kind: "not-found" }],
    ["DNS_ESERVFAIL", { kind: "dns-failure", cause: "ESERVFAIL" }],
    ["DNS_EREFUSED", { kind: "dns-failure", cause: "EREFUSED" }],
    ["DNS_ETIMEOUT", { kind: "dns-failure", cause: "ETIMEOUT" }],
    ["DNS_ECONNREFUSED", { kind: "dns-failure", cause: "ECONNREFUSED" }],
    ["DNS_EBADNAME", { kind: "dns-failure", cause: "EBADNAME" }],
    ["DNS_ENOMEM", { kind: "no-resources", cause: "ENOMEM" }],
    ["EMFILE", { kind: "no-resources", cause: "EMFILE" }],
  ])("says in our words what %s means", async (code, lookup) => {
    fails(Object.assign(new Error("getaddrinfo failed"), { code }));
    expect(await systemResolver.addresses("mx.example.test", undefined)).toEqual(lookup);
  });

  test.each<[string, unknown]>([
    ["an error without a code", new Error("odd")],
    ["no error at all", "odd"],
    ["nothing", undefined],
  ])("does not reject for %s", async (_, error) => {
    fails(error);
    expect(await systemResolver.addresses("mx.example.test", undefined)).toEqual({
      kind: "dns-failure",
      cause: "unknown",
    });
  });

  test("does not reject when the lookup throws", async () => {
    spyOn(Bun.dns, "lookup").mockImplementation(() => {
      throw Object.assign(new Error("no"), { code: "DNS_EBADNAME" });
    });
    expect(await systemResolver.addresses("mx.example.test", undefined)).toEqual({
      kind: "dns-failure",
      cause: "EBADNAME",
    });
  });

  test("blames this machine when no descriptor can be had, whatever the lookup says", async () => {
    fails(Object.assign(new Error("not found"), { code: "DNS_ENOTFOUND" }));
    spyOn(fs, "openSync").mockImplementation(() => {
      throw Object.assign(new Error("no"), { code: "EMFILE" });
    });
    expect(await systemResolver.addresses("mx.example.test", undefined)).toEqual({
      kind: "no-resources",
      cause: "EMFILE",
    });
  });
});
