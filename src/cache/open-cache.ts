import { descriptorRoom } from "../limits/descriptors.ts";
import { cleanText } from "../text/clean-text.ts";
import { Cache, type CacheSettings } from "./cache.ts";
import { type Location, parseLocation } from "./location.ts";
import { MemoryStore } from "./memory-store.ts";
import type { Warn } from "./optional-store.ts";
import { RedisStore } from "./redis/store.ts";
import { SqliteStore } from "./sqlite/store.ts";
import { CacheError, type CacheStore } from "./store.ts";

/**
 * The cache at a location: a file path, the URL of a Redis or Valkey server, or `memory:` for one of this process alone. Whether it can be used shows with the
 * first question; if it cannot, it warns once, and everything is probed.
 * @throws {UsageError} when the location cannot be read.
 */
export function openCache(location: string, settings: CacheSettings): Cache {
  const place = parseLocation(location);
  const open = async (warn: Warn) => {
    mustHaveRoom(place);
    return openStore(place, warn);
  };
  return new Cache(open, settings);
}

/** Where descriptors are as few as that, servers and lookups need them all. */
function mustHaveRoom({ kind, shown }: Location): void {
  if (kind === "memory" || descriptorRoom() > 0) return;
  throw new CacheError(`Cannot use the cache ${cleanText(shown)}: too few descriptors`);
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
