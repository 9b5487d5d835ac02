import { parseLocation } from "../cache/location.ts";
import { openStore } from "../cache/open-cache.ts";
import type { CacheStore } from "../cache/store.ts";
import { parseKeptFilters, renderKept } from "../report/kept.ts";
import { cannotRead, UsageError } from "../text/errors.ts";
import type { Command } from "./command.ts";

/**
 * `smtpdcheck cache`: what a cache keeps, as text; `smtpdcheck cache clear [server...]`: how much of it was forgotten.
 * @throws {UsageError} without a cache, or for what cannot be read.
 * @throws {CacheError} when the cache cannot be used.
 */
export async function runCacheCommand({ operands, cache, format }: Command): Promise<string> {
  if (cache === null)
    throw new UsageError("No cache given: want --cache LOCATION, such as a file path or redis://host");
  const [, action, ...servers] = operands;
  const store = await openStore(parseLocation(cache.location), () => {});
  try {
    return await runAction(store, action, servers, format);
  } finally {
    store.close();
  }
}

async function runAction(
  store: CacheStore,
  action: string | undefined,
  servers: readonly string[],
  format: Command["format"],
): Promise<string> {
  switch (action) {
    case undefined:
      return renderKept(await store.list(), format === "json" ? "json" : "table", Date.now());
    case "clear":
      return `${await store.clear(parseKeptFilters(servers))} forgotten\n`;
    default:
      throw cannotRead(action, "a cache command", "none, to list what is kept, or clear");
  }
}
