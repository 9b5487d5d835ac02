import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import { parseLocation } from "../../src/cache/location.ts";
import { CacheError } from "../../src/cache/store.ts";
import type { SharedMemory } from "../../src/guard/relief.ts";
import { openSharedMemory, PatientMemory } from "../../src/guard/shared-memory.ts";
import { makeFolder } from "../cache/sqlite/fixtures.ts";
import { refusedPort } from "../fake/dead-port.ts";
import { fakeRedisListener } from "../fake/redis-listener.ts";

const NOW = Date.UTC(2026, 10, 27);
const MET = { hasPass: false, firstMs: [NOW] } as const;

describe("openSharedMemory()", () => {
  test.each([null, "memory:"])("is none for %p", (text) => {
    expect(openSharedMemory(text === null ? null : parseLocation(text))).toBeUndefined();
  });

  test("opens a file when it is first used", async () => {
    using folder = makeFolder();
    const memory = openSharedMemory(parseLocation(folder.cache));
    expect(folder.names()).toEqual([]);
    expect(await memory?.meet("p", ["s"], NOW)).toEqual(MET);
    expect(folder.names()).toEqual(["cache.db"]);
    memory?.close();
  });

  test("connects to a server when it is first used", async () => {
    using server = fakeRedisListener({ EVAL: `*2\r\n$1\r\n0\r\n$13\r\n${NOW}\r\n` });
    const memory = openSharedMemory(parseLocation(server.url));
    expect(server.commands).toEqual([]);
    expect(await memory?.meet("p", ["s"], NOW + 1)).toEqual(MET);
    expect(server.commands).toEqual(["HELLO", "EVAL"]);
    memory?.close();
  });

  test("names a server without its password", async () => {
    using dead = refusedPort();
    const memory = openSharedMemory(parseLocation(`redis://me:secret@127.0.0.1:${dead.port}`));
    const failure = await memory?.givePass("p", NOW).then(
      () => undefined,
      (error: unknown) => error,
    );
    memory?.close();
    expect(failure).toEqual(
      new CacheError(
        `Cannot use the cache redis://…@127.0.0.1:${dead.port}: cannot connect, or the connection was lost`,
      ),
    );
  });
});

describe("PatientMemory", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** A memory whose stores do what the test says next; with no word of it they do well. */
  function patient() {
    const events: string[] = [];
    const next: (Error | Promise<never>)[] = [];
    const use = async (what: string) => {
      events.push(what);
      const failure = next.shift();
      if (failure instanceof Error) throw failure;
      await failure;
    };
    let opened = 0;
    const memory = new PatientMemory((): SharedMemory => {
      opened += 1;
      const number = opened;
      events.push(`open ${number}`);
      return {
        async meet() {
          await use(`meet ${number}`);
          return MET;
        },
        givePass: () => use(`pass ${number}`),
        close: () => void events.push(`close ${number}`),
      };
    });
    const outcome = (asked: Promise<unknown>) =>
      asked.then(
        (value) => value,
        (error: unknown) => String(error),
      );
    return {
      events,
      next,
      memory,
      meet: () => outcome(memory.meet("p", ["s"], NOW)),
      givePass: () => outcome(memory.givePass("p", NOW)),
    };
  }

  test("passes on what is asked, to one store", async () => {
    const { events, meet, givePass } = patient();
    expect([await meet(), await givePass(), await meet()]).toEqual([MET, undefined, MET]);
    expect(events).toEqual(["open 1", "meet 1", "pass 1", "meet 1"]);
  });

  test("after a failure leaves the store alone for five seconds, and then opens it anew", async () => {
    const { events, next, meet, givePass } = patient();
    next.push(new Error("gone"));
    expect([await meet(), await meet(), await givePass()]).toEqual([
      "Error: gone",
      "Error: gone",
      "Error: gone",
    ]);
    jest.advanceTimersByTime(4_999);
    expect(await meet()).toBe("Error: gone");
    expect(events).toEqual(["open 1", "meet 1", "close 1"]);
    jest.advanceTimersByTime(1);
    expect([await givePass(), await meet()]).toEqual([undefined, MET]);
    expect(events).toEqual(["open 1", "meet 1", "close 1", "open 2", "pass 2", "meet 2"]);
  });

  test("tells of the latest failure", async () => {
    const { next, meet } = patient();
    next.push(new Error("first"), new Error("second"));
    expect(await meet()).toBe("Error: first");
    jest.advanceTimersByTime(5_000);
    expect([await meet(), await meet()]).toEqual(["Error: second", "Error: second"]);
  });

  test("closes a store once, of whatever was under way there more fails", async () => {
    const { events, next, meet } = patient();
    const { promise, reject } = Promise.withResolvers<never>();
    next.push(new Error("one"), promise);
    const [one, two] = [meet(), meet()];
    expect(await one).toBe("Error: one");
    jest.advanceTimersByTime(5_000);
    expect(await meet()).toEqual(MET);
    reject(new Error("two"));
    expect(await two).toBe("Error: two");
    expect(events).toEqual(["open 1", "meet 1", "meet 1", "close 1", "open 2", "meet 2"]);
  });

  test("close() closes what is open, once, and nothing else", () => {
    const { events, memory } = patient();
    memory.close();
    memory.close();
    expect(events).toEqual([]);
    void memory.meet("p", [], NOW);
    memory.close();
    memory.close();
    expect(events).toEqual(["open 1", "meet 1", "close 1"]);
  });
});
