import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import { cancellableSystemResolver } from "../../src/names/cancellable-system.ts";
import type { AddressLookup } from "../../src/names/resolver.ts";
import { systemResolver } from "../../src/names/system.ts";
import type { Family } from "../../src/text/address.ts";

afterEach(() => {
  mock.restore();
});

/** What is found of each family; nothing stands for no such name. */
function answers(zone: Readonly<Partial<Record<Family, readonly string[]>>>) {
  return spyOn(Bun.dns, "lookup").mockImplementation(async (_, options) => {
    const family = options?.family === 6 ? 6 : 4;
    const addresses = zone[family];
    if (addresses === undefined) throw Object.assign(new Error("not found"), { code: "DNS_ENOTFOUND" });
    return addresses.map((address) => ({ address, family, ttl: 0 }));
  });
}

function fails(error: unknown): void {
  spyOn(Bun.dns, "lookup").mockRejectedValue(error);
}

describe("systemResolver", () => {
  test("asks for both families at once, of a name with a dot in this very domain, and gives the one wanted", async () => {
    const asked = answers({ 4: ["192.0.2.1"], 6: ["2001:db8::1"] });
    const { signal } = new AbortController();
    expect(
      await Promise.all([
        systemResolver.addresses("mx.example.test", 4, signal),
        systemResolver.addresses("mx.example.test", 6, signal),
      ]),
    ).toEqual([
      { kind: "found", addresses: ["192.0.2.1"] },
      { kind: "found", addresses: ["2001:db8::1"] },
    ]);
    expect(asked.mock.calls as unknown[]).toEqual([
      ["mx.example.test.", { family: 4 }],
      ["mx.example.test.", { family: 6 }],
    ]);
  });

  test.each([
    ["mx", "mx"],
    ["mx.", "mx."],
    ["mx.test", "mx.test."],
  ])("asks for %s as %s: only a name without a dot may be searched for", async (host, name) => {
    const asked = answers({});
    await systemResolver.addresses(host, 4);
    expect(asked.mock.calls[0]?.[0]).toBe(name);
  });

  test("gives the answer of one family though the other's never comes", async () => {
    const silent = new Promise<never>(() => {});
    spyOn(Bun.dns, "lookup").mockImplementation((_, options) =>
      options?.family === 6 ? Promise.resolve([{ address: "2001:db8::1", family: 6, ttl: 0 }]) : silent,
    );
    const lookup = await systemResolver.addresses("mx.example.test", 6);
    expect(lookup).toEqual({ kind: "found", addresses: ["2001:db8::1"] });
  });

  test("gives each address once, canonical, in the order found", async () => {
    answers({ 6: ["2001:DB8:0::1", "2001:db8::1", "fe80::1%eth0", "2001:db8::2"] });
    expect(await systemResolver.addresses("mx.example.test", 6)).toEqual({
      kind: "found",
      addresses: ["2001:db8::1", "fe80::1%eth0", "2001:db8::2"],
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
    ["DNS_ESERVFAIL", { kind: "dns-failure", cause: "SERVFAIL" }],
    ["DNS_EREFUSED", { kind: "dns-failure", cause: "REFUSED" }],
    ["DNS_ETIMEOUT", { kind: "dns-failure", cause: "timed out" }],
    ["DNS_ECONNREFUSED", { kind: "no-resources", cause: "no connection to a name server" }],
    ["DNS_EBADNAME", { kind: "dns-failure", cause: "EBADNAME" }],
    ["DNS_ENOMEM", { kind: "no-resources", cause: "ENOMEM" }],
    ["EMFILE", { kind: "no-resources", cause: "EMFILE" }],
  ])("says in our words what %s means", async (code, lookup) => {
    fails(Object.assign(new Error("getaddrinfo failed"), { code }));
    expect(await systemResolver.addresses("mx.example.test", 4)).toEqual(lookup);
  });

  test.each<[string, unknown]>([
    ["an error without a code", new Error("odd")],
    ["no error at all", "odd"],
    ["nothing", undefined],
  ])("does not reject for %s", async (_, error) => {
    fails(error);
    expect(await systemResolver.addresses("mx.example.test", 4)).toEqual({
      kind: "dns-failure",
      cause: "unknown",
    });
  });

  test("does not reject when the lookup throws", async () => {
    spyOn(Bun.dns, "lookup").mockImplementation(() => {
      throw Object.assign(new Error("no"), { code: "DNS_EBADNAME" });
    });
    expect(await systemResolver.addresses("mx.example.test", 4)).toEqual({
      kind: "dns-failure",
      cause: "EBADNAME",
    });
  });

  test("blames this machine when no descriptor can be had, whatever the lookup says", async () => {
    fails(Object.assign(new Error("not found"), { code: "DNS_ENOTFOUND" }));
    spyOn(fs, "openSync").mockImplementation(() => {
      throw Object.assign(new Error("no"), { code: "EMFILE" });
    });
    expect(await systemResolver.addresses("mx.example.test", 4)).toEqual({
      kind: "no-resources",
      cause: "EMFILE",
    });
  });
});

test("cancellableSystemResolver() searches for a name without a dot as systemResolver does, and knows the hosts file", async () => {
  const asked = answers({ 4: ["192.0.2.1"] });
  const resolver = cancellableSystemResolver();
  expect(await resolver.addresses("mx", 4)).toEqual({ kind: "found", addresses: ["192.0.2.1"] });
  expect(asked).toHaveBeenCalledWith("mx", { family: 4 });
  expect(await resolver.addresses("localhost.", 4)).toEqual({ kind: "found", addresses: ["127.0.0.1"] });
});
