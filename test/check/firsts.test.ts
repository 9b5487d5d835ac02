import { expect, test } from "bun:test";
import fc from "fast-check";
import { Firsts } from "../../src/check/firsts.ts";

const PREFERENCES = [null, 0, 10, 20] as const;

test("Firsts knows the first place of all, and the first of any but one preference", () => {
  const places = fc.array(fc.constantFrom(...PREFERENCES), { maxLength: 8 }).chain((list) =>
    fc.shuffledSubarray(
      list.map((preference, at) => ({ at, preference })),
      { minLength: 0 },
    ),
  );
  fc.assert(
    fc.property(places, (added) => {
      const firsts = new Firsts();
      for (const { at, preference } of added) firsts.add(at, preference);
      for (const left of PREFERENCES) {
        const others = added.filter(({ preference }) => left === null || preference !== left);
        expect(firsts.except(left)).toBe(Math.min(...others.map(({ at }) => at)));
      }
    }),
    { numRuns: 3_000 },
  );
});
