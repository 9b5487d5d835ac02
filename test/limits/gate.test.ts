import { expect, test } from "bun:test";
import { Gate } from "../../src/limits/gate.ts";

test("enter() gives a place at once when there is one", () => {
  expect(new Gate(1).enter()).not.toBeInstanceOf(Promise);
});

test("enter() lets so many in, and the others in order as places come free", async () => {
  const gate = new Gate(1);
  const entered: number[] = [];
  const first = await gate.enter();
  const others = [1, 2].map((visitor) =>
    Promise.resolve(gate.enter()).then((place) => ({ place, at: entered.push(visitor) })),
  );
  expect(entered).toEqual([]);
  first[Symbol.dispose]();
  (await others[0])?.place[Symbol.dispose]();
  (await others[1])?.place[Symbol.dispose]();
  expect(entered).toEqual([1, 2]);
  using _again = await gate.enter();
  void Promise.resolve(gate.enter()).then(() => entered.push(3));
  await Promise.resolve();
  expect(entered).toEqual([1, 2]);
});
