import { describe, expect, test } from "bun:test";
import { Watches } from "../../src/guard/watches.ts";
import { FakeVisits } from "./fake-visits.ts";

function newWatches(): Watches {
  return new Watches({ visit: new FakeVisits().visit, mailCheckMs: 0, notice() {} });
}

const endpointOf = (number: number) => ({ address: `198.51.${number >> 8}.${number & 255}`, port: 25 });

describe("Watches.of()", () => {
  test("is one watch for an address and port, whoever asks", () => {
    const watches = newWatches();
    const watch = watches.of(endpointOf(1), 0);
    expect(watch?.endpoint).toEqual(endpointOf(1));
    expect(watches.of(endpointOf(1), 5_000)).toBe(watch as never);
    expect(watches.of({ ...endpointOf(1), port: 26 }, 5_000)).not.toBe(watch as never);
  });

  test("meets at most 60 addresses a minute, and knows those it has met", () => {
    const watches = newWatches();
    for (let at = 0; at < 60; at += 1) expect(watches.of(endpointOf(at), at * 10)).toBeDefined();
    expect(watches.of(endpointOf(60), 59_999)).toBeUndefined();
    expect(watches.of(endpointOf(7), 59_999)).toBeDefined();
    expect(watches.of(endpointOf(60), 60_000)).toBeDefined();
    expect(watches.of(endpointOf(61), 60_000)).toBeUndefined();
    expect(watches.of(endpointOf(61), 60_010)).toBeDefined();
  });

  test("is bounded: the one needed the longest ago is forgotten", () => {
    const watches = newWatches();
    const first = watches.of(endpointOf(0), 0);
    for (let at = 1; at <= 20_000; at += 1) watches.of(endpointOf(at), at * 1_000);
    expect(watches.size).toBe(20_000);
    expect(watches.of(endpointOf(0), 30_000_000)).not.toBe(first as never);
  });

  test("forgets all when it is closed", () => {
    const watches = newWatches();
    watches.of(endpointOf(0), 0);
    watches.close();
    expect(watches.size).toBe(0);
  });
});
