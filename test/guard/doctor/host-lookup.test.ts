import { expect, test } from "bun:test";
import { lookUpHost } from "../../../src/guard/doctor/host-lookup.ts";
import { zoneResolver } from "../../fake/zone-resolver.ts";

test("lookUpHost() asks for both families, and gives what each came to", async () => {
  const resolver = zoneResolver({ "a.test": ["192.0.2.1"], "b.test": { failure: "SERVFAIL" } });
  expect(await lookUpHost("a.test", resolver)).toMatchObject([
    { kind: "found", addresses: ["192.0.2.1"] },
    { kind: "not-found" },
  ]);
  expect(await lookUpHost("b.test", resolver)).toMatchObject([
    { kind: "dns-failure" },
    { kind: "dns-failure" },
  ]);
  expect(resolver.asked).toEqual(["a.test 4", "a.test 6", "b.test 4", "b.test 6"]);
});

test("lookUpHost() rejects for a defect of the resolver's", async () => {
  expect(lookUpHost("unknown.test", zoneResolver({}))).rejects.toThrow("zone");
});
