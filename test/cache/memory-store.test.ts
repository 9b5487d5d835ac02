import { expect, test } from "bun:test";
import { MAX_KEPT, Memory, MemoryStore } from "../../src/cache/memory-store.ts";
import { kept } from "./cache-fixtures.ts";
import { storeContract } from "./store-contract.ts";

storeContract("MemoryStore", async () => {
  const memory = new Memory();
  return { open: () => new MemoryStore(memory), async [Symbol.asyncDispose]() {} };
});

test("MemoryStore forgets the oldest outcomes when there are too many", async () => {
  const store = new MemoryStore();
  const question = (at: number) => ({ host: `mx${at}.example.test`, port: 25, family: null });
  for (let at = 0; at < MAX_KEPT; at += 1) await store.put(kept({ question: question(at) }));
  await store.put(kept({ question: question(0) }));
  await store.put(kept({ question: question(MAX_KEPT) }));
  expect((await store.list()).length).toBe(MAX_KEPT);
  expect(await store.get(question(0))).not.toBeNull();
  expect(await store.get(question(1))).toBeNull();
  expect(await store.get(question(MAX_KEPT))).not.toBeNull();
});

test("MemoryStore lets what is over go before what is older and lasts, leases too", async () => {
  const memory = new Memory();
  const store = new MemoryStore(memory);
  const question = (at: number) => ({ host: `mx${at}.example.test`, port: 25, family: null });
  await store.put(kept({ question: question(0) }));
  const over = Date.now() - 1;
  for (let at = 1; at <= MAX_KEPT; at += 1)
    await store.put(kept({ question: question(at), expiresAtMs: over }));
  expect(await store.get(question(0))).not.toBeNull();
  expect(memory.kept.size).toBe(1);
  await store.claim(question(0), "one", 1_000);
  for (let at = 1; at <= MAX_KEPT; at += 1) await store.claim(question(at), "other", -1);
  expect([memory.leases.size, await store.claim(question(0), "other", 1_000)]).toEqual([1, "one"]);
});

test("MemoryStore believes no lease that seems longer than any is", async () => {
  const memory = new Memory();
  const store = new MemoryStore(memory);
  const question = { host: "mx.test", port: 25, family: null };
  await store.claim(question, "one", 1_000);
  const [key = ""] = memory.leases.keys();
  memory.leases.set(key, { owner: "one", untilMs: Date.now() + 60_000 });
  expect(await store.claim(question, "other", 1_000)).toBe("other");
});
