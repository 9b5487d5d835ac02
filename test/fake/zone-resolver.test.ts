import { expect, test } from "bun:test";
import { zoneResolver } from "./zone-resolver.ts";

test("zoneResolver() answers from its zone and remembers what it was asked", async () => {
  const resolver = zoneResolver({
    "mx.test": ["192.0.2.1", "2001:db8::1"],
    "gone.test": "not-found",
    "broken.test": { failure: "ESERVFAIL" },
    "ours.test": { ownFailure: "EMFILE" },
  });
  expect(await resolver.addresses("mx.test", 6)).toEqual({ kind: "found", addresses: ["2001:db8::1"] });
  expect(await resolver.addresses("mx.test", 4)).toEqual({ kind: "found", addresses: ["192.0.2.1"] });
  expect(await resolver.addresses("gone.test", 6)).toEqual({ kind: "not-found" });
  expect(await resolver.addresses("broken.test", 4)).toEqual({
    kind: "dns-failure",
    cause: "ESERVFAIL",
  });
  expect(await resolver.addresses("ours.test", 6)).toEqual({ kind: "no-resources", cause: "EMFILE" });
  expect(resolver.asked).toEqual(["mx.test 6", "mx.test 4", "gone.test 6", "broken.test 4", "ours.test 6"]);
});

test("zoneResolver() answers a promised name when the test says so", async () => {
  const answer = Promise.withResolvers<readonly string[]>();
  const lookup = zoneResolver({ "slow.test": answer.promise }).addresses("slow.test", 4);
  answer.resolve(["192.0.2.1"]);
  expect(await lookup).toEqual({ kind: "found", addresses: ["192.0.2.1"] });
});

test("zoneResolver() rejects for a name that is not in its zone", () => {
  expect(zoneResolver({}).addresses("mx.test", 4)).rejects.toThrow("mx.test");
});
