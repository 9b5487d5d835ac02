import { afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import fs from "node:fs";
import { connections, expectConnections, MAX_CONNECTIONS, Places } from "../../src/limits/places.ts";

afterEach(() => {
  mock.restore();
});

test("MAX_CONNECTIONS is as measured", () => {
  expect(MAX_CONNECTIONS).toBe(256);
});

describe("Places", () => {
  test("lets so many in at once, and the others in order as places come free", () => {
    const places = new Places(2);
    const entered: number[] = [];
    for (const visitor of [1, 2, 3, 4]) places.enter(() => entered.push(visitor));
    expect([entered, places.taken]).toEqual([[1, 2], 2]);
    places.leave();
    expect(entered).toEqual([1, 2, 3]);
    places.leave();
    expect(entered).toEqual([1, 2, 3, 4]);
    places.leave();
    places.leave();
    expect(places.taken).toBe(0);
  });

  test("lets a hundred thousand in that leave at once, without a stack as deep", () => {
    const places = new Places(1);
    let count = 0;
    places.enter(() => {
      for (let at = 0; at < 100_000; at += 1) {
        places.enter(() => {
          count += 1;
          places.leave();
        });
      }
    });
    expect(count).toBe(0);
    places.leave();
    expect([count, places.taken]).toEqual([100_000, 0]);
  });

  test("has a limit that may depend on how many are in", () => {
    const asked: number[] = [];
    const places = new Places((taken) => asked.push(taken) && 2);
    for (let at = 0; at < 3; at += 1) places.enter(() => {});
    expect([asked, places.taken]).toEqual([[0, 1, 2], 2]);
  });
});

test("Places make do with one fewer when there is no room for the last, until all have left", () => {
  const places = new Places(9);
  const admitted: number[] = [];
  for (const at of [1, 2, 3]) places.enter(() => admitted.push(at));
  places.makeDo();
  places.leave();
  places.enter(() => admitted.push(4));
  expect(admitted).toEqual([1, 2, 3]);
  places.leave();
  expect(admitted).toEqual([1, 2, 3, 4]);
  places.makeDo();
  places.leave();
  places.leave();
  for (const at of [5, 6, 7]) places.enter(() => admitted.push(at));
  expect(admitted).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

describe("the connections of this process", () => {
  function room(descriptors: number): void {
    spyOn(fs, "readFileSync").mockReturnValue(`Max open files            ${descriptors + 8}    x  files\n`);
    spyOn(fs, "readdirSync").mockReturnValue([]);
  }

  function enter(count: number): void {
    for (let at = 0; at < count; at += 1) connections.enter(() => {});
  }

  function leave(count: number): void {
    for (let at = 0; at < count; at += 1) connections.leave();
  }

  test("are as many as there is room for, which is looked at when many are expected", () => {
    room(10);
    expectConnections(24);
    enter(12);
    expect(connections.taken).toBe(10);
    leave(12);
    room(1_000);
    expectConnections(24);
    enter(300);
    expect(connections.taken).toBe(256);
    leave(300);
    expect(connections.taken).toBe(0);
  });

  test("forget a want of room with the run that met it", () => {
    room(3);
    expectConnections(24);
    expectConnections(1);
    enter(20);
    expect(connections.taken).toBe(20);
    leave(20);
  });

  test("are looked at when many are open, though few were expected", () => {
    room(1_000);
    expectConnections(24);
    const read = spyOn(fs, "readdirSync").mockReturnValue([]);
    read.mockClear();
    expectConnections(23);
    enter(23);
    expect(read).not.toHaveBeenCalled();
    room(6);
    enter(20);
    expect(connections.taken).toBe(30);
    leave(43);
    room(1_000);
    expectConnections(24);
  });
});
