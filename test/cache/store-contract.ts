import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { CacheStore, Question } from "../../src/cache/store.ts";
import { kept, keptOutcomes } from "./cache-fixtures.ts";

/** A place for a cache; every store opened there shares it. */
export interface Place extends AsyncDisposable {
  open(): CacheStore;
}

/** Longer than any test takes. */
const LONG_MS = 9_000;

/** What every store promises, whatever it is made of. `makePlace` is called once. */
export function storeContract(name: string, makePlace: () => Promise<Place>): void {
  describe(`${name} keeps the contract of a store:`, () => {
    let place: Place;
    let store: CacheStore;
    let other: CacheStore;
    let hosts = 0;
    const ask = (news: Partial<Question> = {}): Question => {
      hosts += 1;
      return { host: `mx${hosts}.example.test`, port: 25, family: null, ...news };
    };

    beforeAll(async () => {
      place = await makePlace();
      store = place.open();
      other = place.open();
    });

    afterAll(async () => {
      store.close();
      other.close();
      await place[Symbol.asyncDispose]();
    });

    test("a new place holds nothing", async () => {
      expect(await store.get(ask())).toBeNull();
      expect(await store.list()).toEqual([]);
      expect(await store.clear([])).toBe(0);
    });

    test.each(keptOutcomes.map((outcome) => [outcome.kind, outcome] as const))(
      "what was put is got, by others too: %s",
      async (_, outcome) => {
        const entry = kept({ question: ask(), outcome });
        await store.put(entry);
        expect(await other.get(entry.question)).toEqual(entry);
      },
    );

    test("an address, a limit and a family may be there or not", async () => {
      for (const entry of [
        kept({ question: ask({ family: 4 }), address: null, limitMs: null }),
        kept({ question: ask({ family: 6 }), address: "2001:db8::1", limitMs: 0.5 }),
        kept({ question: ask({ host: "2001:db8::25", port: 65_535 }) }),
      ]) {
        await store.put(entry);
        expect(await other.get(entry.question)).toEqual(entry);
      }
    });

    test("a put replaces", async () => {
      const question = ask();
      await store.put(kept({ question }));
      const newer = kept({ question, outcome: { kind: "closed", stage: "greeting" }, limitMs: 1 });
      await other.put(newer);
      expect(await store.get(question)).toEqual(newer);
    });

    test("host, port and family each make another question", async () => {
      const question = ask();
      await store.put(kept({ question }));
      for (const news of [
        { host: `x${question.host}` },
        { port: 26 },
        { family: 4 },
        { family: 6 },
      ] as const) {
        expect(await store.get({ ...question, ...news })).toBeNull();
      }
    });

    test("what has expired is not there", async () => {
      const question = ask();
      const past = Date.now() - 1_000;
      await store.put(kept({ question, checkedAtMs: past - 1_000, expiresAtMs: past }));
      expect(await store.get(question)).toBeNull();

      const soon = Date.now() + 30;
      await store.put(kept({ question, expiresAtMs: soon }));
      while (await store.get(question)) await Bun.sleep(1);
      expect(Date.now()).toBeGreaterThanOrEqual(soon);
      expect((await store.list()).map((entry) => entry.question)).not.toContainEqual(question);
    });

    test("a lease has one owner, who may renew it and give it back", async () => {
      const question = ask();
      expect(await store.claim(question, "one", LONG_MS)).toBe("one");
      expect(await other.claim(question, "two", LONG_MS)).toBe("one");
      expect(await store.claim(question, "one", LONG_MS)).toBe("one");
      await other.release(question, "two");
      expect(await other.claim(question, "two", LONG_MS)).toBe("one");
      await store.release(question, "one");
      expect(await other.claim(question, "two", LONG_MS)).toBe("two");
    });

    test("each question has a lease of its own", async () => {
      const question = ask();
      await store.claim(question, "one", LONG_MS);
      for (const news of [
        { host: `x${question.host}` },
        { port: 26 },
        { family: 4 },
        { family: 6 },
      ] as const) {
        expect(await other.claim({ ...question, ...news }, "two", LONG_MS)).toBe("two");
      }
    });

    test("an owner that says how far it is stays who it is", async () => {
      const question = ask();
      expect(await store.claim(question, "one", LONG_MS)).toBe("one");
      expect(await store.claim(question, "one/greeting", LONG_MS)).toBe("one/greeting");
      expect(await other.claim(question, "two", LONG_MS)).toBe("one/greeting");
      expect(await other.claim(question, "one/x/y", LONG_MS)).toBe("one/x/y");
      await other.release(question, "two");
      expect(await other.claim(question, "two", LONG_MS)).toBe("one/x/y");
      await store.release(question, "one");
      expect(await other.claim(question, "two", LONG_MS)).toBe("two");
    });

    test("a lease that is not renewed runs out, and then its last owner cannot give it back", async () => {
      const question = ask();
      const startedAtMs = Date.now();
      await store.claim(question, "one", 40);
      while ((await other.claim(question, "two", LONG_MS)) !== "two") await Bun.sleep(1);
      expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(39);
      await store.release(question, "one");
      expect(await store.claim(question, "one", LONG_MS)).toBe("two");
    });

    test("of many claims at once one succeeds", async () => {
      const question = ask();
      const stores = Array.from({ length: 8 }, () => place.open());
      const owners = Array.from({ length: 64 }, (_, at) => `owner ${at}`);
      const holders = await Promise.all(
        owners.map((owner, at) => stores[at % stores.length]?.claim(question, owner, LONG_MS)),
      );
      expect(new Set(holders).size).toBe(1);
      expect(owners).toContainEqual(holders[0] ?? "");
      for (const each of stores) each.close();
    });

    test("many puts at once are all kept", async () => {
      const entries = Array.from({ length: 100 }, () => kept({ question: ask() }));
      await Promise.all(entries.map((entry, at) => (at % 2 ? store : other).put(entry)));
      expect(await Promise.all(entries.map(({ question }) => store.get(question)))).toEqual(entries);
    });

    test("list() tells everything, clear() forgets it, and neither touches a lease", async () => {
      await store.clear([]);
      const entries = Array.from({ length: 300 }, () => kept({ question: ask() }));
      await Promise.all(entries.map((entry) => store.put(entry)));
      const leased = ask();
      await store.claim(leased, "one", LONG_MS);
      expect((await other.list()).toSorted(byHost)).toEqual(entries.toSorted(byHost));
      expect(await other.clear([])).toBe(300);
      expect(await store.list()).toEqual([]);
      expect(await other.claim(leased, "two", LONG_MS)).toBe("one");
    });

    test("clear() forgets a host on every port, or on one", async () => {
      await store.clear([]);
      const [one, two, three] = [ask(), ask(), ask()];
      const questions = [one, two, three].flatMap((question): Question[] => [
        question,
        { ...question, port: 587 },
        { ...question, family: 6 },
      ]);
      for (const question of questions) await store.put(kept({ question }));
      const filters = [
        { host: one.host, port: null },
        { host: two.host, port: 25 },
        { host: "mx.example.test", port: null },
      ];
      expect(await store.clear(filters)).toBe(5);
      expect((await store.list()).map(({ question }) => question).toSorted(byName)).toEqual(
        [{ ...two, port: 587 }, three, { ...three, port: 587 }, { ...three, family: 6 as const }].toSorted(
          byName,
        ),
      );
    });

    test("close() may be called again", () => {
      const third = place.open();
      third.close();
      third.close();
    });
  });
}

function byHost(
  { question: one }: { question: Question },
  { question: two }: { question: Question },
): number {
  return byName(one, two);
}

function byName(one: Question, two: Question): number {
  return JSON.stringify(one) < JSON.stringify(two) ? -1 : 1;
}
