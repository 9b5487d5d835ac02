import { Cache, type CacheSettings } from "./cache.ts";
import { type Location, parseLocation } from "./location.ts";
import { MemoryStore } from "./memory-store.ts";
import { RedisStore } from "./redis/store.ts";
import { SqliteStore } from "./sqlite/store.ts";
import type { CacheStore } from "./store.ts";

/**
 * The cache at a location: a file path, the URL of a Redis or Valkey server, or `memory:` for one of this process alone. Whether it can be used shows with the
 * first question; if it cannot, it warns once, and everything is probed.
 * @throws {UsageError} when the location cannot be read.
 */
export function openCache(location: string, settings: CacheSettings): Cache {
  const place = parseLocation(location);
  return new Cache((warn) => openStore(place, warn), settings);
}

/** Makes the store for a location. Nothing is opened or connected to, nor `bun:sqlite` loaded, before the first question. */
export async function openStore(
  location: Location,
  onReplaced: (message: string) => void,
): Promise<CacheStore> {
  switch (location.kind) {
    case "file":
      return new SqliteStore(location.path, onReplaced);
    case "server":
      return new RedisStore(location.url, location.shown);
    case "memory":
      return new MemoryStore();
  }
}
