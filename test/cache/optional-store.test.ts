import { expect, spyOn, test } from "bun:test";
import { Costs, OptionalStore } from "../../src/cache/optional-store.ts";
import { FaultyStore } from "../fake/faulty-store.ts";
import { question } from "./cache-fixtures.ts";

/** An optional store over one in memory, with what was opened and warned of. */
function makeOptional(warning?: string) {
  const memory = new FaultyStore();
  const seen: string[] = [];
  const optional = new OptionalStore(
    async (warn) => {
      seen.push("opened");
      if (warning !== undefined) warn(warning);
      return memory;
    },
    (message) => void seen.push(message),
  );
  return { memory, optional, seen };
}

test("use() opens the store once, and resolves to what the operation does", async () => {
  const { optional, seen } = makeOptional();
  expect(seen).toEqual([]);
  expect(await optional.use((store) => store.get(question))).toBeNull();
  expect(await optional.use((store) => store.claim(question, "one", 1))).toBe("one");
  expect(seen).toEqual(["opened"]);
});

test("use() warns of a failure once, closes the store, and does without it from then on", async () => {
  const { memory, optional, seen } = makeOptional();
  memory.failing.add("get");
  const results = await Promise.all([1, 2].map(() => optional.use((store) => store.get(question))));
  expect(results).toEqual([undefined, undefined]);
  expect(await optional.use((store) => store.claim(question, "one", 1))).toBeUndefined();
  expect(seen).toEqual(["opened", "Cannot use the cache memory: get failed; probing without it"]);
  expect(memory.isClosed).toBe(true);
  expect(memory.calls).toEqual(["get", "get"]);
});

test("use() does without a store that cannot be opened", async () => {
  const warnings: string[] = [];
  const open = () => Promise.reject(new Error("no"));
  const optional = new OptionalStore(open, (message) => void warnings.push(message));
  expect(await optional.use((store) => store.get(question))).toBeUndefined();
  await optional.close();
  expect(warnings).toEqual(["no; probing without it"]);
});

test("a store that warned when it was opened is used, and a later failure is not warned of again", async () => {
  const { memory, optional, seen } = makeOptional("replaced");
  expect(await optional.use((store) => store.get(question))).toBeNull();
  memory.failing.add("get");
  expect(await optional.use((store) => store.get(question))).toBeUndefined();
  expect(seen).toEqual(["opened", "replaced"]);
});

test("close() closes what was opened, and opens nothing", async () => {
  const { memory, optional, seen } = makeOptional();
  await optional.close();
  expect(seen).toEqual([]);
  await optional.use((store) => store.get(question));
  await optional.close();
  expect(memory.isClosed).toBe(true);
});

test("use() adds up what one question costs, and does without a store that is not worth it", async () => {
  const { memory, optional, seen } = makeOptional();
  memory.mustPay = (spentMs: number) => {
    if (spentMs > 250) throw new Error("Too dear");
  };
  let nowMs = 0;
  using _clock = spyOn(performance, "now").mockImplementation(() => nowMs);
  const slowly = async () => {
    nowMs += 100;
    return "done";
  };
  const costs = new Costs();
  expect(await optional.use(slowly, costs)).toBe("done");
  expect(await optional.use(slowly, new Costs())).toBe("done");
  expect(await optional.use(slowly, costs)).toBe("done");
  expect(await optional.use(slowly)).toBe("done");
  expect(await optional.use(slowly, costs)).toBeUndefined();
  expect(seen).toEqual(["opened", "Too dear; probing without it"]);
  expect(memory.isClosed).toBe(true);
});
