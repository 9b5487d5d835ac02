import { Cache, type CacheSettings } from "./cache.ts";
import { type Location, parseLocation } from "./location.ts";
import type { CacheStore } from "./store.ts";

/**
 * The cache at a location: a file path, or the URL of a Redis or Valkey server. Whether it can be used shows with the
 * first question; if it cannot, it warns once, and everything is probed.
 * @throws {UsageError} when the location cannot be read.
 */
export function openCache(location: string, settings: CacheSettings): Cache {
  const place = parseLocation(location);
  return new Cache((warn) => openStore(place, warn), settings);
}

/**
 * Makes the store for a location; only the one that is wanted is loaded. Nothing is opened or connected to before
 * the first question.
 */
export async function openStore(
  location: Location,
  onReplaced: (message: string) => void,
): Promise<CacheStore> {
  switch (location.kind) {
    case "file": {
      const { SqliteStore } = await import("./sqlite-store.ts");
      return new SqliteStore(location.path, onReplaced);
    }
    case "server": {
      const { RedisStore } = await import("./redis-store.ts");
      return new RedisStore(location.url, location.shown);
    }
  }
}
