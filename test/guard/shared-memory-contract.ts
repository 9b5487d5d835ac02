import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PASS_MS, WAITING_MS } from "../../src/guard/relents.ts";
import type { SharedMemory } from "../../src/guard/relief.ts";

/** A place that guards share; every memory opened there is another guard's. */
export interface Place extends AsyncDisposable {
  open(): SharedMemory;
}

const GUARDS = 8;

/** What every shared memory promises, whatever it is made of. `makePlace` is called once. */
export function sharedMemoryContract(name: string, makePlace: () => Promise<Place>): void {
  describe(`${name} keeps the contract of a shared memory:`, () => {
    let place: Place;
    let one: SharedMemory;
    let other: SharedMemory;
    let made = 0;
    const nowMs = Date.now();
    const newKey = (kind: string) => {
      made += 1;
      return `${kind} client.test news@client.test a${made}@example.test`;
    };

    beforeAll(async () => {
      place = await makePlace();
      one = place.open();
      other = place.open();
    });

    afterAll(async () => {
      one.close();
      other.close();
      await place[Symbol.asyncDispose]();
    });

    test("who meets keys first sets their time, and all others learn it", async () => {
      const [pass, exact, ofDomain] = [newKey("p"), newKey("s"), newKey("d")];
      const keys = [exact, ofDomain];
      expect(await one.meet(pass, keys, nowMs)).toEqual({ hasPass: false, firstMs: [nowMs, nowMs] });
      expect(await other.meet(pass, keys, nowMs + 5)).toEqual({ hasPass: false, firstMs: [nowMs, nowMs] });
      expect(await one.meet(pass, keys, nowMs + 9)).toEqual({ hasPass: false, firstMs: [nowMs, nowMs] });
    });

    test("times come in the order of the keys, new ones and known ones", async () => {
      const [pass, first, second, third] = [newKey("p"), newKey("s"), newKey("s"), newKey("d")];
      await one.meet(pass, [second], nowMs);
      await other.meet(pass, [third], nowMs + 1);
      const met = await one.meet(pass, [first, second, third, first], nowMs + 2);
      expect(met).toEqual({ hasPass: false, firstMs: [nowMs + 2, nowMs, nowMs + 1, nowMs + 2] });
    });

    test("there may be no keys", async () => {
      expect(await one.meet(newKey("p"), [], nowMs)).toEqual({ hasPass: false, firstMs: [] });
    });

    test("a time that is in the future for a guard is given as it is", async () => {
      const [pass, key] = [newKey("p"), newKey("s")];
      await one.meet(pass, [key], nowMs);
      expect(await other.meet(pass, [key], nowMs - 5_000_000)).toEqual({ hasPass: false, firstMs: [nowMs] });
    });

    test("a pass that one gives holds for the others, and again", async () => {
      const [pass, key] = [newKey("p"), newKey("s")];
      await one.givePass(pass, nowMs);
      await one.givePass(pass, nowMs);
      expect(await other.meet(pass, [key], nowMs)).toEqual({ hasPass: true, firstMs: [nowMs] });
      expect(await one.meet(pass, [key], nowMs + 1)).toEqual({ hasPass: true, firstMs: [nowMs] });
      expect(await other.meet(newKey("p"), [key], nowMs)).toEqual({ hasPass: false, firstMs: [nowMs] });
    });

    test.each(["", "\0", "a'; DROP TABLE sending; --", "* {x} \r\n", "ü\u{1f600}", "x".repeat(100_000)])(
      "a key may be anything: %j",
      async (text) => {
        const [pass, key] = [`p ${text}`, `s ${text}`];
        await one.meet(pass, [key, text], nowMs);
        await one.givePass(pass, nowMs);
        expect(await other.meet(pass, [key, text], nowMs + 1)).toEqual({
          hasPass: true,
          firstMs: [nowMs, nowMs],
        });
      },
    );

    test("of guards that meet a key at once one is first, and all agree who", async () => {
      const [pass, key] = [newKey("p"), newKey("s")];
      const guards = Array.from({ length: GUARDS }, () => place.open());
      const met = await Promise.all(guards.map((guard, at) => guard.meet(pass, [key], nowMs + at)));
      for (const guard of guards) guard.close();
      const [first] = met[0]?.firstMs ?? [];
      expect(first).toBeWithin(nowMs, nowMs + GUARDS);
      expect(met).toEqual(met.map(() => ({ hasPass: false, firstMs: [first ?? Number.NaN] })));
    });

    test("one guard asks many things at once", async () => {
      const pairs = Array.from({ length: 50 }, () => [newKey("p"), newKey("s")] as const);
      const met = await Promise.all(pairs.map(([pass, key], at) => one.meet(pass, [key], nowMs + at)));
      expect(met).toEqual(pairs.map((_, at) => ({ hasPass: false, firstMs: [nowMs + at] })));
    });

    test("close() may be called at any time, and again", async () => {
      const guard = place.open();
      guard.close();
      await place.open().meet(newKey("p"), [newKey("s")], nowMs);
      guard.close();
      const another = place.open();
      await another.meet(newKey("p"), [], nowMs);
      another.close();
      another.close();
    });

    test("a pass is good for 24 hours and a key for 25, or it would not be forgotten", () => {
      expect([PASS_MS, WAITING_MS]).toEqual([86_400_000, 90_000_000]);
    });
  });
}
