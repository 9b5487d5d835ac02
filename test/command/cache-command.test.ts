import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLocation } from "../../src/cache/location.ts";
import { openStore } from "../../src/cache/open-cache.ts";
import { CacheError } from "../../src/cache/store.ts";
import { runCacheCommand } from "../../src/command/cache-command.ts";
import { readCommand } from "../../src/command/command.ts";
import { UsageError } from "../../src/text/errors.ts";
import { openFilesIn } from "../cache/sqlite/fixtures.ts";

let folder = "";
let location = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "smtpdcheck-cache-command-"));
  location = join(folder, "cache");
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Keeps a refused connection for each of these hosts and ports. */
async function keep(...endpoints: readonly (readonly [host: string, port: number])[]): Promise<void> {
  const store = await openStore(parseLocation(location), () => {});
  for (const [host, port] of endpoints) {
    await store.put({
      question: { host, port, family: null },
      outcome: { kind: "refused" },
      address: "192.0.2.1",
      checkedAtMs: Date.now(),
      expiresAtMs: Date.now() + 60_000,
      limitMs: 10_000,
    });
  }
  store.close();
}

function run(...argv: readonly string[]): Promise<string> {
  return runCacheCommand(readCommand([...argv, "--cache", location], {}));
}

async function keptHosts(): Promise<readonly string[]> {
  const lines = (await run("cache")).trimEnd().split("\n").slice(1);
  return lines.map((line) => line.split(/ +/).slice(0, 2).join(":"));
}

describe("runCacheCommand()", () => {
  test("leaves nothing open, whatever comes of it", async () => {
    await keep(["mx1.example.test", 25]);
    await run("cache");
    await run("cache", "clear");
    await run("cache", "nonsense").catch(() => {});
    expect(openFilesIn(folder)).toEqual([]);
  });

  test("lists what is kept, as a table", async () => {
    await keep(["b.test", 25], ["a.test", 2525]);
    const [headings, ...rows] = (await run("cache")).split("\n");
    expect(headings).toStartWith("SERVER  PORT");
    expect(rows[0]).toMatch(/^a\.test +2525 .*192\.0\.2\.1 refused the connection$/);
    expect(await keptHosts()).toEqual(["a.test:2525", "b.test:25"]);
  });

  test("lists what is kept, as JSON", async () => {
    await keep(["a.test", 25]);
    const { version, kept } = JSON.parse(await run("cache", "--format=json"));
    expect([version, kept.length, kept[0].host]).toEqual([1, 1, "a.test"]);
  });

  test("lists nothing of a cache that does not exist yet", async () => {
    expect(await keptHosts()).toEqual([]);
  });

  test("forgets everything", async () => {
    await keep(["a.test", 25], ["b.test", 25]);
    expect(await run("cache", "clear")).toBe("2 forgotten\n");
    expect(await keptHosts()).toEqual([]);
  });

  test("forgets some servers, on every port or on one", async () => {
    await keep(["a.test", 25], ["a.test", 26], ["b.test", 25], ["b.test", 26], ["c.test", 25]);
    expect(await run("cache", "clear", "A.test.", "10:b.test:26", "d.test")).toBe("3 forgotten\n");
    expect(await keptHosts()).toEqual(["b.test:25", "c.test:25"]);
  });
});

describe("runCacheCommand() throws", () => {
  test("without a cache", async () => {
    const running = runCacheCommand(readCommand(["cache"], {}));
    expect(await running.catch((error) => error)).toEqual(
      new UsageError("No cache given: want --cache LOCATION, such as a file path or redis://host"),
    );
  });

  test("for another action", async () => {
    expect(await run("cache", "list").catch((error) => error)).toEqual(
      new UsageError('Cannot read "list" as a cache command: want none, to list what is kept, or clear'),
    );
  });

  test("for what is not a server, and forgets nothing", async () => {
    await keep(["a.test", 25]);
    expect(await run("cache", "clear", "a.test", "10:").catch((error) => error)).toBeInstanceOf(UsageError);
    expect(await keptHosts()).toEqual(["a.test:25"]);
  });

  test("when the cache cannot be used", async () => {
    await Bun.write(location, "not a cache, but somebody's notes\n");
    const error = await run("cache").catch((reason) => reason);
    expect(error).toBeInstanceOf(CacheError);
    expect(await Bun.file(location).text()).toBe("not a cache, but somebody's notes\n");
  });
});
