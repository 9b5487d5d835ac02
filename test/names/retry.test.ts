import { expect, test } from "bun:test";
import { lendDescriptors, stopLending } from "../../src/limits/descriptors.ts";
import type { AddressLookup, Resolver } from "../../src/names/resolver.ts";
import { retrying } from "../../src/names/retry.ts";

const FOUND: AddressLookup = { kind: "found", addresses: ["192.0.2.1"] };

/** A resolver that finds nothing before the last of these answers, and somebody who holds so many descriptors. */
function scarce(answers: readonly AddressLookup[], held: number) {
  const left = [...answers];
  let lent = held;
  const giveBack = () => {
    lent -= 1;
    return lent >= 0;
  };
  lendDescriptors(giveBack);
  const resolver: Resolver = { addresses: async () => left.shift() ?? FOUND };
  return {
    ask: () => retrying(resolver).addresses("mx.test", 4),
    left,
    [Symbol.dispose]: () => stopLending(giveBack),
  };
}

test("retrying() asks again when a descriptor was taken back", async () => {
  using asked = scarce(
    [
      { kind: "no-resources", cause: "EMFILE" },
      { kind: "no-resources", cause: "ENFILE" },
    ],
    2,
  );
  expect(await asked.ask()).toEqual(FOUND);
});

test("retrying() does not ask again when nobody has any to spare", async () => {
  using asked = scarce([{ kind: "no-resources", cause: "EMFILE" }, FOUND], 0);
  expect(await asked.ask()).toEqual({ kind: "no-resources", cause: "EMFILE" });
});

test.each<AddressLookup>([
  { kind: "no-resources", cause: "ENOMEM" },
  { kind: "dns-failure", cause: "SERVFAIL" },
  { kind: "not-found" },
  FOUND,
])("retrying() passes on %p", async (answer) => {
  using asked = scarce([answer, FOUND], 1);
  expect(await asked.ask()).toEqual(answer);
  expect(asked.left).toEqual([FOUND]);
});
