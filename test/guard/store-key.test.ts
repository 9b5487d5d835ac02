import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { storeKey } from "../../src/guard/store-key.ts";

test.each(["", "s client.test news@client.test a@example.test", "ü\0"])(
  "storeKey(%j) is the beginning of its SHA-256",
  (key) => {
    const digest = createHash("sha256").update(key, "utf8").digest().subarray(0, 18);
    expect(storeKey(key)).toBe(digest.toString("base64url"));
  },
);

test("storeKey() is as long for any key, fit for any store, and shows nothing of it", () => {
  const keys = fc.uniqueArray(fc.string({ unit: "grapheme", maxLength: 200 }), {
    minLength: 2,
    maxLength: 20,
  });
  fc.assert(
    fc.property(keys, (all) => {
      const stored = all.map(storeKey);
      expect(new Set(stored).size).toBe(all.length);
      expect(stored.filter((each) => !/^[\w-]{24}$/.test(each))).toEqual([]);
    }),
  );
});
