import { describe, expect, test } from "bun:test";
import { AddressQueue, MAX_ADDRESSES } from "../../src/probe/address-queue.ts";

function drain(queue: AddressQueue): readonly string[] {
  const taken: string[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) taken.push(next);
  return taken;
}

describe("AddressQueue gives the families turns", () => {
  const [a, b, c] = ["2001:db8::a", "2001:db8::b", "2001:db8::c"] as const;
  const [x, y, z] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;
  test.each<[readonly string[], readonly string[]]>([
    [[], []],
    [[a], [a]],
    [
      [x, y, z],
      [x, y, z],
    ],
    [
      [a, b, c, x, y, z],
      [a, x, b, y, c, z],
    ],
    [
      [x, y, a, b],
      [x, a, y, b],
    ],
    [
      [a, x, y, z],
      [a, x, y, z],
    ],
    [
      [a, b, c, x],
      [a, x, b, c],
    ],
    [
      [x, a, b, c],
      [x, a, b, c],
    ],
    [
      [x, a, y, b, z],
      [x, a, y, b, z],
    ],
    [
      [y, x, b, a],
      [y, b, x, a],
    ],
  ])("of %j", (addresses, expected) => {
    const queue = new AddressQueue();
    queue.add(addresses);
    expect(drain(queue)).toEqual(expected);
  });
});

test("AddressQueue gives a family that comes later its turn at once", () => {
  const queue = new AddressQueue();
  queue.add(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  expect([queue.next(), queue.next()]).toEqual(["192.0.2.1", "192.0.2.2"]);
  queue.add(["2001:db8::a", "2001:db8::b"]);
  expect(drain(queue)).toEqual(["2001:db8::a", "192.0.2.3", "2001:db8::b"]);
  expect([queue.next(), queue.leftOut]).toEqual([undefined, 0]);
});

test("AddressQueue leaves out what is no address, and spells the others as they are compared", () => {
  const queue = new AddressQueue();
  queue.add(["1:2:3:4:5:6:7:8:9", "mx.test", "", "2001:DB8:0::1"]);
  expect(drain(queue)).toEqual(["2001:db8::1"]);
});

test("AddressQueue gives no more than sixteen, of both families, and tells how many are left", () => {
  const queue = new AddressQueue();
  queue.add(Array.from({ length: 3_000 }, (_, at) => `192.0.${at >> 8}.${at & 255}`));
  queue.add(Array.from({ length: 500 }, (_, at) => `2001:db8::${at.toString(16)}`));
  expect(queue.leftOut).toBe(0);
  const taken = drain(queue);
  expect([taken.length, taken.filter((address) => address.includes(":")).length]).toEqual([MAX_ADDRESSES, 8]);
  expect(queue.leftOut).toBe(3_500 - MAX_ADDRESSES);
});
